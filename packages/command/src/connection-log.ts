// What the log says about one connection, from what its observer hears. With `--trace`, every message too.

import type { Observer } from "@typewire/connection";
import type { AnyMessage, Hello, PeerError, TypewireError } from "@typewire/protocol";

import type { Log } from "./log.ts";
import type { sharedEvents } from "./shared-events.ts";
import { refusalInOwnWords, reportedCode, statedFingerprint } from "./peer-words.ts";
import { traceReceived, traceSent } from "./trace.ts";

export interface ConnectionLogOptions {
  readonly log: Log<typeof sharedEvents>;
  /** The connection's name. */
  readonly connection: string;
  /** Of this side's protocol; a peer whose own differs is mentioned. */
  readonly fingerprint: string;
  /** Whether every message is logged. */
  readonly trace: boolean;
  /** Whether what the peer says of an error is quoted: only of a peer that the user has chosen. */
  readonly quotesPeer: boolean;
}

export class ConnectionLog implements Observer<AnyMessage, AnyMessage> {
  readonly #options: ConnectionLogOptions;

  constructor(options: ConnectionLogOptions) {
    this.#options = options;
  }

  hello({ fingerprint: theirs }: Hello): void {
    const { log, connection, fingerprint: ours } = this.#options;
    if (theirs === undefined || theirs === ours) return;
    log("other-schema", { connection, theirs: statedFingerprint(theirs), ours });
  }

  refused(error: TypewireError): void {
    const { log, connection, quotesPeer } = this.#options;
    const reason = quotesPeer ? error.message : refusalInOwnWords(error);
    log("refused", { connection, code: error.code, reason });
  }

  peerError({ code, message }: PeerError): void {
    const { log, connection, quotesPeer } = this.#options;
    const reason = quotesPeer ? message : "";
    log("peer-error", { connection, code: reportedCode(code), reason });
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
