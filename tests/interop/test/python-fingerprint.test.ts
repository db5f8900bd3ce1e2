// The example of docs/wire.md is what our programs say, and Python computes from a description the
// fingerprint that we compute from schemas.

import { expect, test } from "bun:test";

import { type AnyProtocol, defineProtocol, Type } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { outsideTool } from "@typewire/testkit";

import { Page } from "./markdown.ts";
import { describePython, PYTHON_FOLDER } from "./python.ts";

const page = await Page.open("docs/wire.md");

const note = Type.Object({ text: Type.String({ minLength: 1 }), at: Type.Date() }, { $id: "note" });
const notes = defineProtocol({
  name: "notes",
  version: 1,
  server: { added: Type.Object({ note, id: Type.Integer({ minimum: 1 }) }) },
  client: {
    add: Type.Object({
      text: Type.String({ title: "What to remember" }),
      seal: Type.Optional(Type.Uint8Array({ maxByteLength: 64 })),
    }),
  },
});

/** Numbers of every size, and names that JSON escapes, that sort apart by code units, or that are keywords. */
const odd = defineProtocol({
  name: "odd",
  version: 1,
  server: {
    numbers: Type.Object({
      v: Type.Union(
        // From the least there is: below are 0 and -0, which are no two literals.
        Array.from({ length: 628 }, (_, index) =>
          Type.Literal((index % 2 === 0 ? 1.2345678901234567 : -3) * 10 ** (index - 323)),
        ),
      ),
    }),
    ['"\\']: Type.Object(
      Object.fromEntries(
        [
          "title",
          "default",
          "properties",
          "\n\u0001\u007f",
          "\uffff",
          "🎉",
          "größe",
          "\u2028",
          "",
          "0",
        ].map((name) => [name, Type.String({ title: "t", examples: [{ title: 1 }] })]),
      ),
    ),
  },
  client: {
    tree: Type.Object({
      root: Type.Recursive((This) =>
        Type.Object({ $ref: Type.Null(), nodes: Type.Record(Type.Integer(), This) }),
      ),
      big: Type.BigInt({ minimum: -(2n ** 63n), maximum: 9n }),
      pattern: Type.RegExp(/[\ud83c]/i),
      step: Type.Number({ multipleOf: 1e-7, maximum: 1e21 }),
    }),
  },
});

/** Every part of a call, and names of calls and errors that are keywords elsewhere. */
const calls = defineProtocol({
  name: "calls",
  version: 1,
  server: {},
  client: {},
  auth: Type.Object({ token: Type.String({ title: "What to show", minLength: 1 }), note }),
  calls: {
    title: {
      input: Type.Object({ title: Type.String({ examples: ["ACME"] }) }),
      output: note,
      errors: { default: Type.Object({ title: Type.Date() }), gone: Type.Null() },
      idempotent: true,
    },
    properties: { sends: Type.Uint8Array(), yields: Type.Union([Type.Integer(), note]) },
    nothing: {},
  },
});

test("the description in docs/wire.md is that of the protocol it shows", () => {
  expect(JSON.parse(page.block("json", "description"))).toEqual(notes.description);
});

describePython("the fingerprint that Python computes from a description", () => {
  test.each<[string, AnyProtocol]>([
    ["saludo", saludo],
    ["notes", notes],
    ["odd", odd],
    ["calls", calls],
  ])("is ours: %s", (_, { description, fingerprint }) => {
    const run = Bun.spawnSync([outsideTool("python") ?? "", "fingerprint.py"], {
      cwd: PYTHON_FOLDER,
      stdin: Buffer.from(JSON.stringify(description)),
      timeout: 30_000,
    });
    expect(String(run.stderr)).toBe("");
    expect(String(run.stdout).trim()).toBe(fingerprint);
  });
});
