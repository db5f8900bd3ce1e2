// What a receiver asks of its connection and of its endpoint.

import type { AnyMessage, Codec, GapTold } from "@typewire/protocol";

import type { CloseReason } from "../close-reason.ts";
import type { Connection } from "../connection.ts";
import type { StepOwner } from "../handshake/follow-step.ts";
import type { MistakesEndpoint, MistakesOwner } from "./mistakes.ts";
import type { CallsEndpoint, CallsOwner } from "./pass-to-calls.ts";

/** The connection as its receiver sees it. */
export interface ReceiverOwner<Incoming> extends MistakesOwner, StepOwner, CallsOwner {
  /** A message for its handler. */
  handle(message: Incoming): void;
  /** The end, at once: a silent peer hears no last message. */
  destroyWith(reason: CloseReason): void;
  /** The peer is silent: time to ask whether it is alive. */
  ping(): void;
}

/** The endpoint as its receivers see it. */
export interface ReceiverEndpoint<Outgoing extends AnyMessage, Incoming extends AnyMessage>
  extends MistakesEndpoint<Outgoing, Incoming>, CallsEndpoint {
  readonly incoming: Codec<Incoming>;
  readonly owner: { readonly gap?: TellGap<Outgoing> };
}

/** Told of a gap in what a peer passes on. */
export type TellGap<Outgoing extends AnyMessage> = (
  connection: Connection<Outgoing>,
  gap: GapTold,
) => void;
