// Seven fields: the message that the project's goals are about, and the one that travels end to end.

import { Type } from "@sinclair/typebox";

import { type Corpus, generate, type Message, pick, VARIANTS } from "../corpus.ts";
import { remark, userName } from "./sentences.ts";

const messages: readonly Message[] = generate(VARIANTS, (random, index) => ({
  type: "posted",
  id: 1_000_000 + index * 37,
  from: userName(random),
  room: pick(random, ["lobby", "news", "support"]),
  text: remark(random),
  at: 1_790_000_000_000 + random.integer(0, 10_000_000),
  score: random.integer(-10_000, 10_000) / 100,
  edited: random.next() < 0.2,
}));

export const medium: Corpus = {
  name: "medium",
  about: "seven fields: two texts, an enumeration, two integers, a float, a boolean",
  schemas: {
    posted: Type.Object({
      id: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
      from: Type.String({ minLength: 1, maxLength: 32 }),
      room: Type.Union([Type.Literal("lobby"), Type.Literal("news"), Type.Literal("support")]),
      text: Type.String({ minLength: 1, maxLength: 280 }),
      at: Type.Integer({ minimum: 0 }),
      score: Type.Number(),
      edited: Type.Boolean(),
    }),
  },
  messages,
};

/** The same schema with one value for ever, to show what rotating through several costs each side. */
export const mediumRepeated: Corpus = {
  ...medium,
  name: "medium-repeated",
  about: "the seven fields with one and the same value every time",
  messages: messages.slice(0, 1),
};
