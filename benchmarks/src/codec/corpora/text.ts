// Two kibibytes of Spanish prose: accents every few words, so no run of ASCII is long.

import { Type } from "@sinclair/typebox";

import { type Corpus, generate, VARIANTS } from "../corpus.ts";
import { prose } from "./sentences.ts";

export const text: Corpus = {
  name: "text",
  about: "2 KiB of prose with accents, and two short fields",
  schemas: {
    article: Type.Object({
      id: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
      language: Type.String({ minLength: 2, maxLength: 5 }),
      body: Type.String({ maxLength: 4096 }),
    }),
  },
  messages: generate(VARIANTS, (random, id) => ({
    type: "article",
    id,
    language: "es",
    body: prose(random, 2048 - 60),
  })),
};
