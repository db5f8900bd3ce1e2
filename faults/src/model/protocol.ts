// What the model's two ends say to each other: numbered items, each with a check of its own, because TCP's is
// behind the proxy that flips bits.

import { Type } from "@sinclair/typebox";
import { defineProtocol } from "@typewire/protocol";

const item = Type.Object({
  /** Which connection of the sender's it was sent on. */
  life: Type.Integer({ minimum: 0 }),
  /** Counts up within a life, from 0. */
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
  readonly life: number;
  readonly number: number;
  readonly pad: string;
  readonly check: number;
}

export function makeItem(life: number, number: number, padLength: number): Item {
  const pad = "x".repeat(padLength);
  return { type: "item", life, number, pad, check: checkOf(life, number, pad) };
}

/** False for one that was damaged on its way. */
export function isWhole({ life, number, pad, check }: Item): boolean {
  return check === checkOf(life, number, pad);
}

function checkOf(life: number, number: number, pad: string): number {
  return Bun.hash.crc32(`${life} ${number} ${pad}`);
}
