// What the model's two ends say to each other: numbered items, each with a check of its own, because TCP's is
// behind the proxy that flips bits.

import { Type } from "@sinclair/typebox";
import { defineProtocol } from "@typewire/protocol";

const item = Type.Object({
  /** What `number` counts in: of a server, one of its connections; of the client, all that it sends. */
  flow: Type.Integer({ minimum: 0 }),
  /** Counts up within a flow, from 0. */
  number: Type.Integer({ minimum: 0 }),
  pad: Type.String(),
  check: Type.Integer(),
});

export const model = defineProtocol({
  name: "model",
  version: 1,
  server: { item },
  client: { item },
});

export interface Item {
  readonly type: "item";
  readonly flow: number;
  readonly number: number;
  readonly pad: string;
  readonly check: number;
}

/** The client's only flow. */
export const CLIENT_FLOW = 0;

export function makeItem(flow: number, number: number, padLength: number): Item {
  const pad = "x".repeat(padLength);
  return { type: "item", flow, number, pad, check: checkOf(flow, number, pad) };
}

/** False for one that was damaged on its way. */
export function isWhole({ flow, number, pad, check }: Item): boolean {
  return check === checkOf(flow, number, pad);
}

function checkOf(flow: number, number: number, pad: string): number {
  return Bun.hash.crc32(`${flow} ${number} ${pad}`);
}
