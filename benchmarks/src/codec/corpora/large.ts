// One message with an array of a thousand records, as a page of a report.

import { Type } from "@sinclair/typebox";

import { type Corpus, generate, pick } from "../corpus.ts";
import { userName } from "./sentences.ts";

const RECORDS = 1000;

export const large: Corpus = {
  name: "large",
  about: `an array of ${RECORDS} records of five fields`,
  schemas: {
    report: Type.Object({
      page: Type.Integer({ minimum: 0, maximum: 65_535 }),
      rows: Type.Array(
        Type.Object({
          id: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
          name: Type.String({ minLength: 1, maxLength: 40 }),
          state: Type.Union([
            Type.Literal("active"),
            Type.Literal("idle"),
            Type.Literal("blocked"),
            Type.Literal("gone"),
          ]),
          balance: Type.Number(),
          verified: Type.Boolean(),
        }),
      ),
    }),
  },
  messages: generate(16, (random, page) => ({
    type: "report",
    page,
    rows: Array.from({ length: RECORDS }, (_, index) => ({
      id: page * RECORDS + index,
      name: userName(random),
      state: pick(random, ["active", "idle", "blocked", "gone"]),
      balance: random.integer(-1_000_000, 1_000_000) / 100,
      verified: random.next() < 0.5,
    })),
  })),
};
