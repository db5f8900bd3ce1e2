// One message to many connections, encoded once: which of them are left out, which do not keep up, and who
// rests because of those. Which connections they are is the caller's.

import { type Endpoint, isSlow, isTooLarge, LiveConnection, type Run } from "@typewire/connection";
import type { AnyMessage } from "@typewire/protocol";
import { unlimited } from "@typewire/protocol/internal";

import type { PublishOptions } from "./server.ts";

/** A recipient for whom so much waits is slow, as `whenSlow` means it. */
const SLOW_BYTES = 256 * 1024;

/** A connection as a fan-out sees it. */
export type Recipient<Outgoing extends AnyMessage> = Pick<
  LiveConnection<Outgoing, never>,
  "state" | "settledBytes" | "isSlow" | "sendFrame" | "sendRun"
>;

/** Whom a message goes to: connections, or the members of a topic. */
export interface Recipients<Of> {
  forEach(visit: (recipient: Of) => void): void;
}

/** One for each server. */
export class FanOut<Outgoing extends AnyMessage> {
  readonly #endpoint: Pick<Endpoint<Outgoing, AnyMessage>, "outgoing" | "audience">;
  #dropped = 0;

  constructor(endpoint: Pick<Endpoint<Outgoing, AnyMessage>, "outgoing" | "audience">) {
    this.#endpoint = endpoint;
  }

  /** Messages that slow recipients did not get; see `PublishOptions.whenSlow`. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `message` as the frame that its recipients share; throws as `publish`. */
  encode(message: Outgoing): Uint8Array {
    // Each recipient's own limits are looked at when the frame is sent to it.
    return this.#endpoint.outgoing.encodeFrame(message, unlimited);
  }

  /** Sends `message`, whose frame is `frame`, to those of `recipients` that are open. Returns how many have it in their queue. */
  send(
    recipients: Recipients<Recipient<Outgoing>>,
    frame: Uint8Array,
    message: Outgoing,
    options: PublishOptions<object>,
  ): number {
    const { except } = options;
    const dropsSlow = options.whenSlow === "drop";
    const from: unknown = options.from ?? this.#endpoint.audience.speaker;
    let sent = 0;
    let slow = 0;
    recipients.forEach((connection) => {
      if (connection === except || connection.state !== "open") return;
      if (dropsSlow && connection.settledBytes > SLOW_BYTES) {
        this.#dropped += 1;
        return;
      }
      try {
        connection.sendFrame(frame, message);
        sent += 1;
        if (connection.isSlow) slow += 1;
      } catch (error) {
        // The connection has counted it and told of it.
        if (!isTooLarge(error)) throw error;
      }
    });
    if (isSlow(slow, sent) && from instanceof LiveConnection) from.restForAudience(sent);
    return sent;
  }

  /** Sends what another server has published to those of `recipients` that are open, as one piece. */
  sendRun(recipients: Recipients<Recipient<Outgoing>>, run: Run, dropsSlow: boolean): void {
    recipients.forEach((connection) => {
      if (connection.state !== "open") return;
      if (dropsSlow && connection.settledBytes > SLOW_BYTES) this.#dropped += run.count;
      else connection.sendRun(run);
    });
  }
}
