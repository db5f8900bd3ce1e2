// What two ends have to say before messages count: hello and version, where there is a secret the proof of it, and
// where the protocol has `auth`, what the client shows. Holds the frame limit and the deadlines of that time. Takes
// one control message at a time and answers what follows from it; to say, refuse or end anything is the receiver's.
// Keeps no byte it is given.

import {
  type Call,
  type ControlMessage,
  type Hello,
  isFatal,
  type MessageLimits,
  type OpenCalls,
  type PeerError,
  type Proof,
  type Result,
  TypewireError,
} from "@typewire/protocol";
import { AUTHENTICATE } from "@typewire/protocol/internal";

import {
  type CloseReason,
  failed,
  type OwnControlMessage,
  peerCannotAuthenticate,
  peerReported,
} from "../close-reason.ts";
import type { ConnectionLimits } from "../limits.ts";
import {
  AUTHENTICATE_ID,
  describeOtherCall,
  expired,
  isAuthenticate,
  MAX_UNAUTHENTICATED_FRAME_BYTES,
  refusalIn,
  serverWithoutAuth,
  shownMisfit,
} from "./authentication.ts";
import type { PeerHellos } from "./peer-hellos.ts";
import { limitsOfPeer } from "./peer-limits.ts";
import { type ExchangeEndpoint, SecretExchange, type SharedSecret } from "./secret-exchange.ts";

/**
 * Largest payload read from a peer that has not proved the secret. A hello takes some 150 bytes; what
 * exceeds this, and all that a stranger makes us hold, is refused from the header.
 */
export const MAX_UNPROVEN_FRAME_BYTES = 4096;

/**
 * How long a peer may take to show that it may talk, in ms: to prove the secret, and to authenticate, with the
 * time that the server takes to judge it. Answers peers that connect and stay silent.
 */
export const PROOF_DEADLINE_MS = 10_000;

/** What follows from a control message. */
export type Step =
  /** The handshake has nothing against the message. */
  | { readonly next: "go on" }
  /** The same, and `message` is to be sent. */
  | { readonly next: "say"; readonly message: OwnControlMessage }
  /** The same, and this client has to show what the protocol asks for. */
  | { readonly next: "show" }
  /** What a client shows has to be judged, and nothing of it taken meanwhile. */
  | { readonly next: "judge"; readonly call: Call }
  /** The server lets this client in. */
  | { readonly next: "enter" }
  /** The message is a mistake of the peer's, or where it is no `TypewireError`, of this side's. */
  | { readonly next: "refuse"; readonly error: unknown }
  /** The connection has to end. */
  | { readonly next: "end"; readonly reason: CloseReason };

const authenticating: OpenCalls = (id) => (id === AUTHENTICATE_ID ? AUTHENTICATE : undefined);

const GO_ON: Step = { next: "go on" };

/** The endpoint as its handshakes see it. */
export interface HandshakeEndpoint extends ExchangeEndpoint {
  /** `hello` as bytes. */
  readonly helloFrame: Uint8Array;
  readonly limits: ConnectionLimits;
  readonly secret: SharedSecret | undefined;
  /** Whether clients have to authenticate. */
  readonly hasAuth: boolean;
  /** Until when clients were let in, in ms of the sweep, by their handshakes; beside them, because few have an end. */
  readonly expiries: WeakMap<object, number>;
  readonly peerHellos: PeerHellos;
}

/**
 * What the peer has to say next: of these in this order, each where it is asked for. A server waits for `$call` and
 * then for its own verdict, a client for `$result`.
 */
type Awaited = "$hello" | "$proof" | "$call" | "verdict" | "$result";

/** One connection's handshake, the same for both ends. */
export class Handshake {
  /** What this side says first. */
  readonly helloFrame: Uint8Array;
  readonly #endpoint: HandshakeEndpoint;
  readonly #exchange: SecretExchange | undefined;
  /** Undefined once the peer's messages count, with or without a hello. */
  #awaited: Awaited | undefined;
  #peerHello: Hello | undefined;
  #openedAtMs = 0;

  constructor(endpoint: HandshakeEndpoint) {
    const { secret, limits } = endpoint;
    this.#endpoint = endpoint;
    this.#exchange = secret && new SecretExchange(endpoint, secret);
    const { hasAuth, role } = endpoint;
    // A client shows nothing to a server of another protocol.
    const needsHello =
      secret !== undefined || limits.requireHello || (hasAuth && role === "client");
    this.#awaited = needsHello ? "$hello" : this.#afterProof;
    this.helloFrame = this.#exchange?.helloFrame ?? endpoint.helloFrame;
  }

  /** Whether the peer's messages count. A peer that need not say hello may still say it first. */
  get isOver(): boolean {
    return this.#awaited === undefined;
  }

  /** Whether one of the ends still has to show that it may talk: until then no message counts, or is sent. */
  get isAuthenticating(): boolean {
    return this.#awaited !== undefined && (this.#isProving || this.#endpoint.hasAuth);
  }

  /** Whether the peer still has to prove the secret. */
  get #isProving(): boolean {
    return (
      this.#exchange !== undefined && (this.#awaited === "$hello" || this.#awaited === "$proof")
    );
  }

  /** What comes after the hellos and proofs. */
  get #afterProof(): Awaited | undefined {
    const { hasAuth, role } = this.#endpoint;
    if (!hasAuth) return undefined;
    return role === "server" ? "$call" : "$result";
  }

  /** The peer's hello, once it was taken. */
  get peerHello(): Hello | undefined {
    return this.#peerHello;
  }

  /** What the peer accepts. */
  get peerLimits(): MessageLimits {
    // Not kept: a field more would take 50 bytes of each connection.
    return limitsOfPeer(this.#peerHello);
  }

  /** Whether the peer has told a fingerprint, and it is not ours: one of the two ends is of another version. */
  get hasOtherSchemas(): boolean {
    const theirs = this.#peerHello?.fingerprint;
    return theirs !== undefined && theirs !== this.#endpoint.hello.fingerprint;
  }

  /** Payload bytes accepted now. */
  get maxFrameBytes(): number {
    const { maxFrameBytes, requireHello, preHelloFrameBytes } = this.#endpoint.limits;
    if (this.isOver) return maxFrameBytes;
    return Math.min(
      maxFrameBytes,
      requireHello ? preHelloFrameBytes : Infinity,
      this.#isProving ? MAX_UNPROVEN_FRAME_BYTES : Infinity,
      this.isAuthenticating ? MAX_UNAUTHENTICATED_FRAME_BYTES : Infinity,
    );
  }

  /** The socket is open; `nowMs` is the sweep's time. */
  opened(nowMs: number): void {
    this.#openedAtMs = nowMs;
  }

  /** Which call is open, while this side waits to be let in; undefined at any other time. */
  get openCalls(): OpenCalls | undefined {
    return this.#awaited === "$result" ? authenticating : undefined;
  }

  /** The client may stay, for so many ms from `nowMs`; undefined: as long as the connection lasts. */
  admit(nowMs: number, expiresInMs: number | undefined): void {
    this.#awaited = undefined;
    if (expiresInMs !== undefined) this.#endpoint.expiries.set(this, nowMs + expiresInMs);
  }

  /**
   * Takes a control message, which came as `payload`; `isFirst` says that nothing came before it but what may
   * stand before a hello. A message of the user's is refused by `expected` while the handshake is not over.
   */
  take(message: ControlMessage, payload: Uint8Array, isFirst: boolean): Step {
    switch (message.type) {
      case "$hello":
        return this.#takeHello(message, payload, isFirst);
      case "$proof":
        return this.#takeProof(message);
      case "$bye":
        return GO_ON;
      case "$error":
        return this.#isProving ? this.#takeError(message) : GO_ON;
      case "$call":
        if (this.#awaited !== "$call") break;
        if (!isAuthenticate(message)) return refuse(this.expected(describeOtherCall(message)));
        this.#awaited = "verdict";
        return { next: "judge", call: message };
      case "$result":
        if (this.openCalls?.(message.id) !== undefined) return this.#takeResult(message);
        break;
      default:
    }
    return this.isOver ? GO_ON : refuse(this.expected(`"${message.type}"`));
  }

  /** The refusal of what a peer says while the handshake is not over; `got` is what it said, for the sentence. */
  expected(got: string): TypewireError {
    if (this.isAuthenticating) return this.#authenticationExpected(got);
    const message = `Cannot talk: expected $hello first, got ${got}`;
    return new TypewireError("hello-required", message);
  }

  /** What an unreadable message comes to: a stranger's is not forgiven. */
  judgeUnreadable(error: unknown): unknown {
    if (this.isOver || !(error instanceof TypewireError) || isFatal(error.code)) return error;
    const misfit = this.#awaited === "$call" ? shownMisfit(error) : undefined;
    if (misfit !== undefined) return misfit;
    return this.expected(`a message that cannot be read (${error.message})`);
  }

  /** Looks at the deadlines; `nowMs` is the sweep's time. Returns the error of a peer that is late. */
  check(nowMs: number, isBehind: boolean): TypewireError | undefined {
    if (this.isOver) return this.#checkExpiry(nowMs);
    const waitedMs = nowMs - this.#openedAtMs;
    if (this.isAuthenticating) {
      if (waitedMs < PROOF_DEADLINE_MS) return undefined;
      return late(`Cannot authenticate: no ${this.#lateStep} within ${PROOF_DEADLINE_MS} ms`);
    }
    const { helloDeadlineMs } = this.#endpoint.limits;
    // While frames that came wait for this side, the peer cannot be late with its hello.
    if (isBehind || waitedMs < helloDeadlineMs) return undefined;
    return late(`Cannot talk: expected $hello within ${helloDeadlineMs} ms, got none`);
  }

  /** What has not come in time, for a sentence that the peer is told too. */
  get #lateStep(): string {
    if (this.#isProving) return "$proof";
    if (this.#awaited === "verdict") return "verdict of this server's on what the client has shown";
    return this.#stepOfAuth;
  }

  /** What the peer has to say next where no secret is asked for, or it has been proved. */
  get #stepOfAuth(): string {
    return this.#awaited === "$hello" ? "$hello" : `${this.#awaited} of ${AUTHENTICATE}`;
  }

  #checkExpiry(nowMs: number): TypewireError | undefined {
    const { hasAuth, expiries } = this.#endpoint;
    const expiresAtMs = hasAuth ? expiries.get(this) : undefined;
    return expiresAtMs === undefined || nowMs < expiresAtMs ? undefined : expired();
  }

  #takeHello(hello: Hello, payload: Uint8Array, isFirst: boolean): Step {
    const { hello: own, role } = this.#endpoint;
    if (this.#awaited === "$proof") {
      return refuse(this.#authenticationExpected("a second $hello"));
    }
    if (!isFirst) {
      return refuse(outOfPlace("Cannot take $hello: expected once, before any other message"));
    }
    if (hello.protocol !== own.protocol || hello.version !== own.version) {
      const message = `Cannot talk: this side speaks ${own.protocol} ${own.version}, the peer ${hello.protocol} ${hello.version}`;
      return refuse(new TypewireError("protocol-mismatch", message));
    }
    if (hello.nonce !== undefined && this.#exchange === undefined) {
      const message = `Cannot authenticate: the peer asks for a shared secret, and the ${role} has none`;
      return refuse(new TypewireError("auth-required", message));
    }
    this.#peerHello = this.#endpoint.peerHellos.share(hello, payload);
    const exchange = this.#exchange;
    if (exchange === undefined) return this.#proved();
    this.#awaited = "$proof";
    return answer(() => exchange.hear(hello, payload));
  }

  /** The hellos are over, and the proofs: what is left is what a client shows. */
  #proved(): Step {
    this.#awaited = this.#afterProof;
    return this.#awaited === "$result" ? { next: "show" } : GO_ON;
  }

  #takeProof(proof: Proof): Step {
    const exchange = this.#exchange;
    if (this.#awaited === "$hello") return refuse(this.expected("$proof"));
    if (exchange === undefined || this.#awaited !== "$proof") {
      return refuse(outOfPlace("Cannot take $proof: this side has not asked for it"));
    }
    let step: Step = GO_ON;
    const said = answer(() => {
      const own = exchange.check(proof);
      step = this.#proved();
      return own;
    });
    return said.next === "go on" ? step : said;
  }

  #takeResult(result: Result): Step {
    const refusal = refusalIn(result);
    if (refusal !== undefined) {
      return { next: "end", reason: { ...failed(refusal), origin: "peer" } };
    }
    this.#awaited = undefined;
    return { next: "enter" };
  }

  /** A peer of an older version, which does not know proofs, answers our hello with an error and waits. */
  #takeError(error: PeerError): Step {
    if (peerReported(error) !== undefined) return GO_ON;
    return { next: "end", reason: peerCannotAuthenticate(error) };
  }

  #authenticationExpected(got: string): TypewireError {
    if (this.#awaited === "$result") return serverWithoutAuth(got);
    const expected = this.#isProving
      ? `${this.#awaited} of a peer with the shared secret`
      : this.#stepOfAuth;
    return new TypewireError(
      "auth-required",
      `Cannot authenticate: expected ${expected}, got ${got}`,
    );
  }
}

/** The step of an answer of the secret's exchange, or of what it throws. */
function answer(exchanged: () => Proof | undefined): Step {
  try {
    const message = exchanged();
    return message === undefined ? GO_ON : { next: "say", message };
  } catch (error) {
    return { next: "refuse", error };
  }
}

function refuse(error: TypewireError): Step {
  return { next: "refuse", error };
}

/** A message that does no harm where it stands: the receiver forgives some of them. */
function outOfPlace(message: string): TypewireError {
  return new TypewireError("schema-mismatch", message);
}

function late(message: string): TypewireError {
  return new TypewireError("hello-timeout", message);
}
