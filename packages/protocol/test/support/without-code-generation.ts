// Run by no-code-generation.test.ts in a process of its own that may not make code from strings.
// Prints what came of it as JSON.

import { Type } from "@sinclair/typebox";

import { defineProtocol, type MessageOf } from "../../src/define-protocol.ts";
import { TypewireError } from "../../src/errors.ts";
import { saludo } from "../../src/saludo.ts";

function canGenerate(): boolean {
  try {
    return typeof Reflect.construct(Function, ["return true"]) === "function";
  } catch {
    return false;
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    return error instanceof TypewireError ? `${error.code} ${error.path}` : String(error);
  }
}

const tree = defineProtocol({
  name: "tree",
  version: 1,
  server: {
    tree: Type.Object({
      root: Type.Recursive((This) =>
        Type.Union([
          Type.Object({ kind: Type.Literal("leaf"), at: Type.Date(), name: Type.RegExp(/^a/) }),
          Type.Object({ kind: Type.Literal("node"), children: Type.Array(This) }),
        ]),
      ),
    }),
  },
  client: {},
});

const greeting = { type: "greeting", words: { 1: "Hola", [-2]: "Adiós" } } as const;
const forest: MessageOf<typeof tree, "server"> = {
  type: "tree",
  root: { kind: "node", children: [{ kind: "leaf", at: new Date(5), name: "abc" }] },
};
const treeBytes = tree.server.encode(forest);

const report = {
  canGenerate: canGenerate(),
  greeting: Bun.deepEquals(saludo.server.decode(saludo.server.encode(greeting)), greeting, true),
  tree: Bun.deepEquals(tree.server.decode(treeBytes), forest, true),
  tooShort: codeOf(() => saludo.client.encode({ type: "say", text: "" })),
  wrongKind: codeOf(() => saludo.client.encode({ type: "say", text: 5 } as never)),
  wrongLeaf: codeOf(() =>
    tree.server.encode({ type: "tree", root: { kind: "leaf", at: new Date(5), name: "bcd" } }),
  ),
};
await Bun.write(Bun.stdout, JSON.stringify(report));
