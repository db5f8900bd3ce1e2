// A thousand floats that need all their eight bytes, as a series of measurements.

import { Type } from "@sinclair/typebox";

import { type Corpus, generate } from "../corpus.ts";

const SAMPLES = 1000;

export const numbers: Corpus = {
  name: "numbers",
  about: `an array of ${SAMPLES} floats of eight bytes`,
  schemas: {
    series: Type.Object({
      channel: Type.Integer({ minimum: 0, maximum: 255 }),
      samples: Type.Array(Type.Number()),
    }),
  },
  messages: generate(32, (random, channel) => ({
    type: "series",
    channel,
    samples: Array.from({ length: SAMPLES }, () => random.next() * 200 - 100),
  })),
};
