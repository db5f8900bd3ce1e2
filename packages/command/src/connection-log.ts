// What the log says about connections, from what their observer hears. With `--trace`, every message too.

import type { Observer } from "@typewire/connection";

import type { Log } from "./log.ts";
import type { sharedEvents } from "./shared-events.ts";
import { refusalInOwnWords, reportedCode, statedFingerprint } from "./peer-words.ts";
import { traceReceived, traceSent } from "./trace.ts";

/** What a log of connections shows. */
export interface ConnectionLogOptions {
  readonly log: Log<typeof sharedEvents>;
  /** Of this side's protocol; a peer whose own differs is mentioned. */
  readonly fingerprint: string;
  /** Whether every message is logged. */
  readonly trace: boolean;
  /** Whether what the peer says of an error is quoted: only of a peer that the user has chosen. */
  readonly quotesPeer: boolean;
}

/** The observer that writes to `log`. Asks for messages only where it traces them. */
export function connectionLog({
  log,
  fingerprint: ours,
  trace,
  quotesPeer,
}: ConnectionLogOptions): Observer {
  return {
    onHello({ name: connection }, { fingerprint: theirs }) {
      if (theirs === undefined || theirs === ours) return;
      log("other-schema", { connection, theirs: statedFingerprint(theirs), ours });
    },
    onRefused({ name: connection }, error) {
      const reason = quotesPeer ? error.message : refusalInOwnWords(error);
      log("refused", { connection, code: error.code, reason });
    },
    onPeerError({ name: connection }, { code, message }) {
      const reason = quotesPeer ? message : "";
      log("peer-error", { connection, code: reportedCode(code), reason });
    },
    ...(trace && {
      onSent({ name }, ...sent) {
        log("sent", traceSent(name, ...sent));
      },
      onReceived({ name }, ...received) {
        log("received", traceReceived(name, ...received));
      },
    }),
  };
}
