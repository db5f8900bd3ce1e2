// What the log says about one connection, from what its observer hears. With `--trace`, every message too.

import type { Observer } from "@typewire/connection";
import type { AnyMessage, Hello, PeerError, TypewireError } from "@typewire/protocol";

import type { Log } from "./log.ts";
import type { sharedEvents } from "./shared-events.ts";
import { traceReceived, traceSent } from "./trace.ts";

export interface ConnectionLogOptions {
  readonly log: Log<typeof sharedEvents>;
  /** The connection's name. */
  readonly connection: string;
  /** Of this side's protocol; a peer whose own differs is mentioned. */
  readonly fingerprint: string;
  /** Whether every message is logged. */
  readonly trace: boolean;
}

export class ConnectionLog implements Observer<AnyMessage, AnyMessage> {
  readonly #options: ConnectionLogOptions;

  constructor(options: ConnectionLogOptions) {
    this.#options = options;
  }

  hello({ fingerprint: theirs }: Hello): void {
    const { log, connection, fingerprint: ours } = this.#options;
    if (theirs !== undefined && theirs !== ours) log("other-schema", { connection, theirs, ours });
  }

  refused({ code, message }: TypewireError): void {
    const { log, connection } = this.#options;
    log("refused", { connection, code, reason: message });
  }

  peerError({ code, message }: PeerError): void {
    const { log, connection } = this.#options;
    log("peer-error", { connection, code, reason: message });
  }

  sent(message: AnyMessage, bytes: Uint8Array, start: number, end: number): void {
    const { log, connection, trace } = this.#options;
    if (trace) log("sent", traceSent(connection, message, bytes, start, end));
  }

  received(message: AnyMessage, bytes: Uint8Array, start: number, end: number): void {
    const { log, connection, trace } = this.#options;
    if (trace) log("received", traceReceived(connection, message, bytes, start, end));
  }
}
