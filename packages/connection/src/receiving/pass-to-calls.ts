// From a received frame to the calls of its connection: which of them are open, and which frames are theirs. What a
// call does with a message is its own. A protocol without calls comes no further than the first line.

import { CallMisfit, type OpenCalls } from "@typewire/protocol";

import type { Calls, ReceivedOfCalls } from "../calls/calls.ts";
import type { Handshake } from "../handshake/handshake.ts";

/** The connection as what it receives reaches its calls. */
export interface CallsOwner {
  /** The calls of this connection; undefined where the protocol has none. Made when it is read, so for a call alone. */
  readonly calls: Pick<Calls, "receive" | "misfit" | "answers"> | undefined;
  /** The name of an open call, by its id; undefined where there has been no call. */
  readonly openCalls: OpenCalls | undefined;
  /** The peer has said something valid. Returns whether the connection still listens. */
  heard(): boolean;
}

/** The endpoint as far as it says whether there are calls at all. */
export interface CallsEndpoint {
  /** Whether clients have to authenticate. */
  readonly hasAuth: boolean;
  /** Undefined where the protocol has no calls. */
  readonly calls: object | undefined;
}

/** On a connection that has had no call. */
const noneOpen: OpenCalls = () => undefined;

/** The open calls, as the decoder asks for their names; undefined where no message that comes is one of a call's. */
export function openCallsOf(
  { hasAuth, calls }: CallsEndpoint,
  handshake: Handshake,
  owner: CallsOwner,
): OpenCalls | undefined {
  if (!hasAuth && calls === undefined) return undefined;
  return handshake.openCalls ?? owner.openCalls ?? (calls && noneOpen);
}

/**
 * Passes on a message of a call, or one that does not fit its call, whose payload takes `payloadBytes`. Returns false
 * where this side has no calls for it, which is no mistake of the peer's. Throws for what the peer must not have sent.
 */
export function passToCalls(
  owner: CallsOwner,
  message: ReceivedOfCalls | CallMisfit,
  payloadBytes: number,
): boolean {
  const { calls } = owner;
  const isMisfit = message instanceof CallMisfit;
  if (calls === undefined || (!isMisfit && message.type === "$call" && !calls.answers))
    return false;
  if (!owner.heard()) return true;
  if (isMisfit) calls.misfit(message);
  else calls.receive(message, payloadBytes);
  return true;
}
