// docs/schemas.md: every type on it is built, what it says to be refused is refused, what it says to write
// instead is defined, and the objects of other projects travel as they are.

import { describe, expect, test } from "bun:test";

import { type AnyProtocol, defineProtocol, Type, TypewireError } from "typewire";

import { Page } from "./markdown.ts";

const page = await Page.open("docs/schemas.md");

type Schema = ReturnType<typeof Type.Unknown>;

/** What a piece of the page makes of `Type`. */
function evaluate(code: string): Schema {
  // oxlint-disable-next-line no-implied-eval -- the page is ours
  return new Function("Type", `return ${code};`)(Type) as Schema;
}

function define(schema: Schema): AnyProtocol {
  const server = { m: Type.Object({ v: schema }) };
  return defineProtocol({ name: "p", version: 1, server, client: {} });
}

function refusalOf(run: () => unknown): TypewireError {
  try {
    run();
  } catch (error) {
    if (error instanceof TypewireError) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

/** The piece of TypeBox in a cell of a table. */
function codeIn(cell: string | undefined): string {
  return /^`(.*)`$/.exec(cell ?? "")?.[1] ?? "";
}

describe("what docs/schemas.md refuses", () => {
  const rows = page.rowsOf("refused").map(([refused, write]) => [codeIn(refused), codeIn(write)]);

  test("is a table of types", () => {
    expect(rows.length).toBeGreaterThan(20);
    for (const [refused, write] of rows) {
      expect(refused).toContain("(");
      expect(write).toStartWith("Type.");
    }
  });

  test.each(rows)("is refused: %s", (refused = "", write = "") => {
    const error = refusalOf(() => define(evaluate(refused)));
    expect(error.code).toBe("protocol-invalid");
    expect(error.path).toStartWith("/server/m/v");
    expect(() => define(evaluate(write))).not.toThrow();
  });
});

describe("the advice of a refusal", () => {
  test.each([
    'Type.Unsafe({ type: "string", enum: ["a", "b"] })',
    'Type.Unsafe({ enum: ["a", 1, true, null] })',
    'Type.Unsafe({ type: "integer" })',
    'Type.Unsafe({ const: "a" })',
    "Type.Unsafe({})",
    'Type.String({ enum: ["a", "b"] })',
    "Type.Integer({ enum: [1] })",
    "Type.Literal(5n)",
    "Type.Literal(null)",
    "Type.String({ contentEncoding: 'base64' })",
    '({ type: "string" })',
    '({ type: "boolean" })',
    '({ enum: ["a", "b"] })',
    "({})",
  ])("defines a protocol when it is taken literally: %s", (refused) => {
    const { message } = refusalOf(() => define(evaluate(refused)));
    const written = /write (Type\.\w+\(.*?\))(?:,|;|$)(?! Type)/.exec(message)?.[1] ?? "";
    expect(written).toStartWith("Type.");
    expect(() => define(evaluate(written))).not.toThrow();
  });

  test("names keywords that are enforced", () => {
    for (const [refused, keyword] of [
      ["Type.Integer({ min: 1 })", "minimum"],
      ["Type.String({ max: 1 })", "maxLength"],
      ["Type.Date({ minimum: 1 })", "minimumTimestamp"],
      ["Type.Uint8Array({ maxLength: 1 })", "maxByteLength"],
      ["Type.Array(Type.Null(), { max: 1 })", "maxItems"],
      ["Type.Record(Type.String(), Type.Null(), { max: 1 })", "maxProperties"],
    ] as const) {
      const { message } = refusalOf(() => define(evaluate(refused)));
      expect(message).toEndWith(`write "${keyword}"`);
      expect(() =>
        define(evaluate(refused.replace(/\b(?:min|max\w*|minimum)(?=:)/, keyword))),
      ).not.toThrow();
    }
  });
});

describe("the keywords of docs/schemas.md", () => {
  const rows = page.rowsOf("Type");

  test("are enforced in every type that is named beside them", () => {
    expect(rows.length).toBeGreaterThan(9);
    for (const [kinds = "", keywords = ""] of rows) {
      for (const [, kind = ""] of kinds.matchAll(/`(\w+)`/g)) {
        for (const [, keyword = ""] of keywords
          .replace(/; of the keys.*/, "")
          .matchAll(/`(\w+)`/g)) {
          const error = refusalOf(() => define(withKeyword(kind, keyword, Symbol("no value"))));
          expect(error.message).toContain(`${keyword}: expected`);
        }
      }
    }
  });
});

function withKeyword(kind: string, keyword: string, value: unknown): Schema {
  const made: Readonly<Record<string, () => object>> = {
    String: () => Type.String(),
    RegExp: () => Type.RegExp(/a/),
    Number: () => Type.Number(),
    Integer: () => Type.Integer(),
    BigInt: () => Type.BigInt(),
    Date: () => Type.Date(),
    Uint8Array: () => Type.Uint8Array(),
    Array: () => Type.Array(Type.Null()),
    Object: () => Type.Object({}),
    Record: () => Type.Record(Type.String(), Type.Null()),
    Intersect: () => Type.Intersect([Type.Object({}), Type.Object({})]),
  };
  return { ...made[kind]?.(), [keyword]: value } as Schema;
}

describe("what a call carries", () => {
  const content = page.blocks.find(({ info }) => info === "calls")?.content ?? "";
  const calls = evaluate(/calls: (\{.*\}),\n\}\);/s.exec(content)?.[1] ?? "undefined");

  function defineCalls(changed: object): AnyProtocol {
    const client = { say: Type.Object({}) };
    const whole = { ...(calls as object), ...changed };
    return defineProtocol({ name: "p", version: 1, server: {}, client, calls: whole });
  }

  test("is defined as the page has it", () => {
    expect(Object.keys(defineCalls({}).calls)).toEqual(["size", "read"]);
  });

  test("is refused where the page says so", () => {
    expect(page.rowsOf("what is refused")).toHaveLength(6);
    for (const changed of [
      { size: { inputs: Type.String() } },
      { size: Type.String() },
      { size: { input: Type.Optional(Type.String()) } },
      { say: {} },
      { size: { errors: { cancelled: Type.Null() } } },
    ]) {
      expect(refusalOf(() => defineCalls(changed)).code).toBe("protocol-invalid");
    }
    expect(() => defineCalls({ "size.of": {} })).not.toThrow();
  });
});

describe("an object of another project", () => {
  const blocks = page.blocks.filter(({ language, info }) => language === "ts" && info !== "calls");

  interface Example {
    readonly foreign: Schema;
    readonly sample: object;
    readonly protocol: AnyProtocol;
  }

  test("is shown for each that the page names", () => {
    expect(blocks.map(({ info }) => info)).toEqual([
      "cloudevents",
      "geojson",
      "stripe",
      "kubernetes",
    ]);
  });

  test.each(blocks)("cannot be a message, and travels in one: $info", ({ content }) => {
    // oxlint-disable-next-line no-implied-eval -- the page is ours
    const make = new Function(
      "Type",
      "defineProtocol",
      `${content}\nreturn { foreign, sample, protocol };`,
    );
    const { foreign, sample, protocol } = make(Type, defineProtocol) as Example;

    const message = { type: protocol.server.messageNames[0] ?? "", body: sample };
    expect<unknown>(protocol.server.decode(protocol.server.encode(message))).toEqual(message);

    const server = { event: foreign };
    const refusal = refusalOf(() => defineProtocol({ name: "p", version: 1, server, client: {} }));
    expect(refusal.message).toContain("carry the whole under one property");
    expect(refusal.message).toContain("Type.Object({ body: … })");
  });
});
