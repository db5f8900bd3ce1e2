// What an end says by itself where no observer asks: that messages were refused, by this side or by the peer, and
// that the peer has other schemas. Once a connection each, and so few in a minute that a peer which connects
// again and again fills no disk. Quotes nothing of a peer but names on a path. Where it is printed is the host's.

import {
  type AnyMessage,
  type Hello,
  isWireErrorCode,
  type PeerError,
  type TypewireError,
} from "@typewire/protocol";

import { peerReported } from "./close-reason.ts";
import type { Connection } from "./connection.ts";
import type { Observer } from "./observer.ts";
import { oneLine } from "./text.ts";
import type { Clock } from "./time/clock.ts";

/** Told of what a program should know and has not asked for, as a sentence for its developer. */
export type Warn = (sentence: string) => void;

/** Warnings of one endpoint in `WINDOW_MS`. */
const MOST_WARNINGS = 10;
const WINDOW_MS = 60_000;

/** An end of a protocol, as far as its warnings name it. */
export interface WarnedEnd {
  readonly hello: Hello;
  readonly outgoing: { readonly messageNames: readonly string[] };
  readonly clock: Clock;
}

/** The observer that warns. Each of its methods is for an event that no other observer asks for. */
export function warningObserver(
  { hello, outgoing, clock }: WarnedEnd,
  warn: Warn,
): Required<Pick<Observer, "onHello" | "onRefused" | "onPeerError">> {
  const say = atMost(clock, warn);
  const refused = new WeakSet<object>();
  const refusing = new WeakSet<object>();
  return {
    onHello({ name }, { fingerprint }) {
      if (fingerprint === undefined || fingerprint === hello.fingerprint) return;
      say(
        `${name} has other schemas of "${hello.protocol}" than this end: messages in which they differ are refused. Deploy both ends from one definition; to judge such peers yourself give \`onHello\``,
      );
    },
    onRefused(connection, error) {
      if (isFirst(refused, connection))
        say(`${wordsOf(connection, error)}. ${advice("onRefused")}`);
    },
    onPeerError(connection, error) {
      // Of the end of a connection `onClose` tells.
      if (peerReported(error) !== undefined || !isFirst(refusing, connection)) return;
      const what = refusedMessage(error, outgoing.messageNames);
      say(`${connection.name} refused a message of this end${what}. ${advice("onPeerError")}`);
    },
  };
}

function advice(method: "onRefused" | "onPeerError"): string {
  const counter = method === "onRefused" ? "messagesRefused" : "messagesRefusedByPeer";
  return `Have both ends the same schemas? \`stats\` counts more of this connection's in \`${counter}\`; to be told of each give \`${method}\``;
}

function wordsOf({ name }: Connection<AnyMessage>, { code, message }: TypewireError): string {
  const begin = `A message of ${name} was refused, no handler has had it`;
  if (code === "unknown-type") return `${begin}: its type is none that this end receives`;
  return `${begin}: ${oneLine(message)}`;
}

/** Which of our messages, why and where, as far as the peer says it in words that are ours too. */
function refusedMessage({ of, code, path }: PeerError, names: readonly string[]): string {
  const which = of !== undefined && names.includes(of) ? `, "${of}"` : "";
  const why = isWireErrorCode(code) ? `: ${code}` : "";
  const where = path !== undefined && plainPath.test(path) ? ` at ${path}` : "";
  return `${which}${why}${where}`;
}

/** A JSON Pointer of ordinary names. */
const plainPath = /^(?:\/[\w.$-]{1,40}){1,8}$/;

function isFirst(seen: WeakSet<object>, connection: object): boolean {
  if (seen.has(connection)) return false;
  seen.add(connection);
  return true;
}

/** `warn`, `MOST_WARNINGS` times in `WINDOW_MS` at most; the last of them says that there may be more. */
function atMost(clock: Clock, warn: Warn): Warn {
  let sinceMs = -Infinity;
  let said = 0;
  return (sentence) => {
    const nowMs = clock.now();
    if (nowMs - sinceMs >= WINDOW_MS) {
      sinceMs = nowMs;
      said = 0;
    }
    said += 1;
    if (said < MOST_WARNINGS) warn(sentence);
    else if (said === MOST_WARNINGS) warn(`${sentence} (the last such warning for a minute)`);
  };
}
