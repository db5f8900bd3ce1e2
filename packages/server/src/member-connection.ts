// A connection as its server's program sees it: what any connection can, who the client is, and the topics
// that it hears.

import { type Connection, type Endpoint, LiveConnection } from "@typewire/connection";
import type { AnyMessage } from "@typewire/protocol";

import type { ContextHolder } from "./context.ts";
import type { Accepted, PeerCertificate } from "./server-host.ts";
import type { Topics } from "./topics.ts";

/** What its socket tells of a client. */
export interface PeerIdentity {
  /** The IP address; undefined on a Unix socket. */
  readonly address: string | undefined;
  /**
   * What the client has shown in a TLS handshake that asked for it (`tls.requireClientCert`), and an
   * authority of the server's vouches for; else undefined.
   */
  readonly certificate: PeerCertificate | undefined;
}

/**
 * A connection of a server. `Outgoing` are the messages that the server sends, `Context` is what
 * `authenticate` or `context` makes of the client.
 */
export interface MemberConnection<
  Outgoing extends AnyMessage,
  Context = unknown,
> extends Connection<Outgoing> {
  /** What `authenticate` made of the client, or the option `context`; undefined before, and without either. */
  readonly context: Context;
  /** What its socket tells of it: for allow-lists, and for a log. */
  readonly peer: PeerIdentity;

  /**
   * From now on it gets what the server publishes to `topic`, until it unsubscribes or ends. A topic is
   * one or more names of letters, digits, `_` and `-`, joined by dots: `room.42`. Whether the peer may hear
   * it is for the caller to decide. Does nothing once the end has begun, or where it has subscribed before.
   *
   * @throws TypewireError `topic-invalid` for another name, `topic-limit` beyond 1 024 topics.
   */
  subscribe(topic: string): void;

  /**
   * Does nothing where it has not subscribed.
   *
   * @throws TypewireError `topic-invalid` for a name that is no topic's.
   */
  unsubscribe(topic: string): void;
}

/** The machine of such a connection. */
export class LiveMemberConnection<Outgoing extends AnyMessage, Incoming extends AnyMessage>
  extends LiveConnection<Outgoing, Incoming>
  implements MemberConnection<Outgoing>, ContextHolder
{
  readonly #accepted: Accepted;
  readonly #topics: Topics<LiveMemberConnection<Outgoing, Incoming>>;
  #context: unknown;

  constructor(
    endpoint: Endpoint<Outgoing, Incoming>,
    accepted: Accepted,
    topics: Topics<LiveMemberConnection<Outgoing, Incoming>>,
  ) {
    super(endpoint, accepted.name);
    this.#accepted = accepted;
    this.#topics = topics;
  }

  get context(): unknown {
    return this.#context;
  }

  hold(context: unknown): void {
    this.#context = context;
  }

  get peer(): PeerIdentity {
    const { ipAddress, certificate } = this.#accepted;
    return { address: ipAddress, certificate: certificate?.() };
  }

  subscribe(topic: string): void {
    if (this.state === "draining" || this.state === "closed") return;
    this.#topics.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#topics.unsubscribe(this, topic);
  }
}
