// What defining a large protocol costs: what messages share is looked at once, whatever it is looked at for.
// Times are ratios to other work of the same process, the least of several, so that a busy machine does not
// fail them.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { Kind, type TSchema, Type } from "@sinclair/typebox";

import { CodeBudget } from "../src/code-budget.ts";
import { defineProtocol } from "../src/define-protocol.ts";
import { buildCallTable } from "../src/schema/call-table.ts";
import { buildMessageTable } from "../src/schema/message-table.ts";
import { readCalls } from "../src/schema/read-calls.ts";
import { resolveShape, type Shape } from "../src/schema/shape.ts";
import { SchemaVisit } from "../src/schema/visit-schemas.ts";
import { webhookSchemas } from "./support/webhooks.ts";

setDefaultTimeout(60_000);

/** The schemas that stand anywhere in `part`, each once. */
function schemasIn(part: unknown, seen: Set<unknown> = new Set()): ReadonlySet<unknown> {
  if (typeof part !== "object" || part === null || seen.has(part)) return seen;
  seen.add(part);
  for (const inner of Object.values(part)) schemasIn(inner, seen);
  return seen;
}

/** The least time that `work` took in five runs. */
function leastMs(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}

function propertyOf(shape: Shape | undefined, name: string): Shape | undefined {
  const resolved = shape && resolveShape(shape);
  if (resolved?.kind !== "object") return undefined;
  return resolved.properties.find((property) => property.name === name)?.shape;
}

describe("a definition of hundreds of messages that share large objects", () => {
  const schemas = webhookSchemas();

  test("looks at each schema once", () => {
    const shown = new Map<unknown, number>();
    const visit = new SchemaVisit((schema) => shown.set(schema, (shown.get(schema) ?? 0) + 1));
    for (const schema of Object.values(schemas)) visit.show(schema, "/m");
    const all = [...schemasIn(schemas)].filter((part) => Kind in (part as object));
    expect(new Set(shown.keys())).toEqual(new Set(all));
    expect([...shown.values()].every((times) => times === 1)).toBe(true);
  });

  test("takes little longer than to write the schemas down", () => {
    const written = leastMs(() => JSON.stringify(schemas));
    const definition = { name: "p", version: 1, server: schemas, client: {} };
    expect(leastMs(() => defineProtocol(definition)) / written).toBeLessThan(8);
  });
});

describe("a schema that stands at several places", () => {
  const none = Type.Never();

  test("is refused where it may not stand, though it may elsewhere", () => {
    const nothing: TSchema = Type.Optional(none);
    const fine = Type.Object({ a: nothing });
    const wrong = Type.Object({ a: Type.Array(nothing, { minItems: 1 }) });
    const define = (server: Record<string, TSchema>) => () =>
      defineProtocol({ name: "p", version: 1, server, client: {} });
    expect(define({ fine })).not.toThrow();
    expect(define({ wrong })).toThrow("/server/wrong/a/items");
    expect(define({ fine, wrong })).toThrow("/server/wrong/a/items");
  });

  test("is named by the first of its places where it is refused", () => {
    const shared = Type.Object({ t: Type.String({ minLength: 2, maxLength: 1 }) });
    const server = { a: Type.Object({ v: shared }), b: Type.Object({ w: shared }) };
    const define = () => defineProtocol({ name: "p", version: 1, server, client: {} });
    expect(define).toThrow("/server/a/v/t");
  });

  test("is understood once in all calls that carry it", () => {
    const shared = Type.Object({ t: Type.String() });
    const definition = { input: shared, output: shared, errors: { closed: shared } };
    const { spoken } = readCalls({ a: definition, b: definition }, undefined, {});
    const inputs = [...buildCallTable(spoken, "client", new CodeBudget()).forms.values()].map(
      ({ call }) => propertyOf(call?.shape, "input"),
    );
    expect(inputs[0]).toMatchObject({ kind: "object" });
    expect(inputs[1]).toBe(inputs[0] as Shape);
    const forms = [...buildCallTable(spoken, "server", new CodeBudget()).forms.values()];
    const values = forms.flatMap(({ output, errors }) => [
      propertyOf(output?.shape, "output"),
      propertyOf(propertyOf(errors.get("closed")?.shape, "error"), "data"),
    ]);
    expect(values[0]).toMatchObject({ kind: "object" });
    expect(new Set(values).size).toBe(1);
  });

  test("is understood once though it was written down again, and apart from what says something else", () => {
    const written = (value: TSchema = Type.Literal(1)) =>
      Type.Object({ t: Type.Array(Type.String(), { minItems: 1 }), value });
    const schemas = [
      written(),
      written(),
      written(Type.Literal("1")),
      written(Type.Number({ minimum: -0 })),
      written(Type.Number({ minimum: 0 })),
      written(Type.Optional(Type.Literal(1))),
      written(Type.Literal(1, { title: "one" })),
      written(Type.RegExp(/1/)),
      written(Type.RegExp(/1/i)),
    ];
    const server = Object.fromEntries(schemas.map((v, at) => [`m${at}`, Type.Object({ v })]));
    const table = buildMessageTable(server, "", new CodeBudget());
    const shapes = schemas.map((_, at) => propertyOf(table.get(`m${at}`)?.shape, "v"));
    expect(shapes[0]).toMatchObject({ kind: "object" });
    expect(shapes[1]).toBe(shapes[0] as Shape);
    expect(new Set(shapes).size).toBe(schemas.length - 1);
  });

  test("has a fingerprint as it was when the protocol was defined", () => {
    const text = Type.String();
    const server = { a: Type.Object({ t: text }), b: Type.Object({ t: text }) };
    const before = defineProtocol({ name: "p", version: 1, server, client: {} });
    const { fingerprint } = defineProtocol({ name: "p", version: 1, server, client: {} });
    Object.assign(text, { minLength: 5 });
    expect(before.fingerprint).toBe(fingerprint);
    const after = defineProtocol({ name: "p", version: 1, server, client: {} });
    expect(after.fingerprint).not.toBe(fingerprint);
  });
});
