// Three fields, no text: what a control or a game sends all the time.

import { Type } from "@sinclair/typebox";

import { type Corpus, generate, VARIANTS } from "../corpus.ts";

export const small: Corpus = {
  name: "small",
  about: "three fields: two numbers and a boolean",
  schemas: {
    moved: Type.Object({
      x: Type.Integer({ minimum: -32_768, maximum: 32_767 }),
      y: Type.Integer({ minimum: -32_768, maximum: 32_767 }),
      pressed: Type.Boolean(),
    }),
  },
  messages: generate(VARIANTS, (random) => ({
    type: "moved",
    x: random.integer(-2000, 2000),
    y: random.integer(-2000, 2000),
    pressed: random.next() < 0.5,
  })),
};
