// Every codec competitor says the same of every corpus: what the benchmarks assert before they time.

import { describe, expect, test } from "bun:test";

import { Competitor } from "../src/codec/competitor.ts";
import { corpora } from "../src/codec/corpora.ts";
import { type CodecSide, prepared } from "../src/codec/side.ts";
import { sidesOf } from "../src/codec/sides.ts";

describe.each(sidesOf("encode").map(({ name, load }) => [name, load] as const))(
  "%s",
  (name, load) => {
    test.each(corpora.map((corpus) => [corpus.name, corpus] as const))(
      "returns the messages of %s from its own bytes",
      async (_, corpus) => {
        const competitor = new Competitor(name, await load(), "decode", corpus);
        expect(competitor.facts.bytes).toBeGreaterThan(0);
        expect(() => competitor.assertEqualResults()).not.toThrow();
      },
    );
  },
);

describe("Competitor", () => {
  test("names the side and the message that is not what went in", () => {
    const [corpus] = corpora;
    if (corpus === undefined) throw new Error("expected a corpus");
    const forgetful: CodecSide = {
      decodeChecks: "",
      encodeChecks: "",
      prepare: () =>
        prepared(corpus, { encode: (value) => value, decode: () => ({ type: "nothing" }) }),
    };
    const competitor = new Competitor("forgetful", forgetful, "decode", corpus);
    expect(() => competitor.assertEqualResults()).toThrow(
      "forgetful: message 0 of corpus small is not what went in",
    );
  });
});
