// A server as the backplane sees it, made of lists: what came, which gaps were told, what was said of the others.

import type { Clock } from "@typewire/connection";
import type { AnyMessage, Codec } from "@typewire/protocol";
import { decodeHeader, HEADER_BYTES } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import type { BackplaneEvent, Gap } from "../../src/index.ts";
import { LiveBackplane } from "../../src/live-backplane.ts";
import type { HostileBus, HostileLine } from "./hostile-bus.ts";

/** A message that came: its topic, "" for a broadcast, and its text. */
export interface Came {
  readonly topic: string;
  readonly text: string;
}

export class Node {
  readonly name: string;
  readonly line: HostileLine;
  readonly backplane: LiveBackplane;
  readonly came: Came[] = [];
  readonly gaps: Gap[] = [];
  readonly events: BackplaneEvent[] = [];
  readonly answers: number[] = [];
  connections = 0;

  constructor(
    bus: HostileBus,
    clock: Clock,
    name: string,
    options: {
      readonly isUp?: boolean;
      readonly fingerprint?: string;
      readonly version?: number;
    } = {},
  ) {
    this.name = name;
    this.line = bus.line(options.isUp);
    this.backplane = new LiveBackplane(
      {
        protocol: saludo.name,
        version: options.version ?? saludo.version,
        fingerprint: options.fingerprint ?? saludo.fingerprint,
        codec: saludo.server as Codec<AnyMessage>,
        clock,
        connections: () => this.connections,
        receive: (topic, { bytes }) => {
          for (let position = 0; position < bytes.length;) {
            const start = position + HEADER_BYTES;
            position = start + decodeHeader(bytes, position);
            const message = saludo.server.decode(bytes, start, position);
            this.came.push({
              topic: topic ?? "",
              text: message.type === "welcome" ? message.text : "",
            });
          }
        },
        gap: (gap) => this.gaps.push(gap),
        event: (event) => this.events.push(event),
        answered: (elapsedMs) => this.answers.push(elapsedMs),
      },
      this.line,
      name,
    );
  }

  /** Publishes a message of this text; without a topic, to all. */
  say(text: string, topic?: string): void {
    this.backplane.publish(topic, saludo.server.encodeFrame({ type: "welcome", text }), false);
  }

  texts(topic = ""): readonly string[] {
    return this.came.filter((each) => each.topic === topic).map(({ text }) => text);
  }
}

/** Lets promises settle: a backplane has chains of a few. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}
