// A connection as its server's program sees it: what any connection can, and the topics that it hears.

import { type Connection, type Endpoint, LiveConnection } from "@typewire/connection";
import type { AnyMessage } from "@typewire/protocol";

import type { Topics } from "./topics.ts";

/** A connection of a server. `Outgoing` are the messages that the server sends. */
export interface MemberConnection<Outgoing extends AnyMessage> extends Connection<Outgoing> {
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
  implements MemberConnection<Outgoing>
{
  readonly #topics: Topics<LiveMemberConnection<Outgoing, Incoming>>;

  constructor(
    endpoint: Endpoint<Outgoing, Incoming>,
    name: string,
    topics: Topics<LiveMemberConnection<Outgoing, Incoming>>,
  ) {
    super(endpoint, name);
    this.#topics = topics;
  }

  subscribe(topic: string): void {
    if (this.state === "draining" || this.state === "closed") return;
    this.#topics.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#topics.unsubscribe(this, topic);
  }
}
