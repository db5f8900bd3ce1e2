// What the processes of a run speak: servers that publish, and listeners that read and throw away.

import { defineProtocol, Type } from "typewire";

export const feed = defineProtocol({
  name: "scale",
  version: 1,
  server: {
    tick: Type.Object({
      topic: Type.String(),
      number: Type.Integer(),
      price: Type.Number(),
      isOpen: Type.Boolean(),
      text: Type.String(),
    }),
  },
  client: { join: Type.Object({ topic: Type.String() }) },
});

export const topicOf = (index: number): string => `room.${index}`;

/** What a server publishes: every `tickMs`, to the next `topicsAtOnce` of `topics`, `burst` messages each. */
export interface Load {
  readonly tickMs: number;
  readonly topics: number;
  readonly topicsAtOnce: number;
  readonly burst: number;
}

/** What a server has done since it began. */
export interface Figures {
  readonly cpuUs: number;
  readonly atMs: number;
  readonly batchesSent: number;
  readonly bytesSent: number;
}
