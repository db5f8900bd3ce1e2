// What a protocol costs the type checker: in proportion to its messages and calls, with a handler and a call
// site for each. Counted in instantiations, which are the same on every machine, not in time.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = new URL("../../../", import.meta.url).pathname;
const compiler = join(repository, "node_modules/typescript/bin/tsc");
/** Five times as many: by `bun run test:long` those of a large program, messages and calls each for themselves. */
const isLong = process.env["TYPEWIRE_LONG"] !== undefined;
let folder: string;
let programs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "typewire-type-cost-"));
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
});

afterAll(() => rm(folder, { recursive: true }));

/** `text` for each number below `count`. */
function each(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join("\n");
}

function fields(index: number): string {
  return `Type.Object({ id: Type.Integer(), tags: Type.Array(Type.String()), at: Type.Optional(Type.Date()),
      kind: Type.Union([Type.Literal("k${index}"), Type.Literal("other")]) })`;
}

/** A program that speaks a protocol of `count` messages in each direction: each is handled and sent at both ends. */
function programOf(count: number): string {
  const message = (name: string, index: number): string =>
    `{ type: "${name}${index}", id: ${index}, tags: [], kind: "k${index}" }`;
  return `
    import { Type } from "@sinclair/typebox";
    import { connect, serve } from "@typewire/bun";
    import { defineProtocol } from "@typewire/protocol";

    export const protocol = defineProtocol({
      name: "many", version: 1,
      server: { ${each(count, (index) => `down${index}: ${fields(index)},`)} },
      client: { ${each(count, (index) => `up${index}: ${fields(index)},`)} },
    });
    export const server = serve(protocol, { port: 0 }, {
      ${each(count, (index) => `up${index}: ({ id }, connection) => [connection.send(${message("down", index)}), id],`)}
    });
    export const client = await connect(protocol, { port: 1 }, {
      ${each(count, (index) => `down${index}: ({ at }, connection) => [connection.send(${message("up", index)}), at],`)}
    });
    ${each(count, (index) => `server.broadcast(${message("down", index)}); client.send(${message("up", index)});`)}
  `;
}

/**
 * A program that speaks a protocol of `count` calls, every fifth of them a stream both ways: each is answered,
 * and made in both ways.
 */
function callsOf(count: number): string {
  const value = (index: number): string => `{ id: ${index}, tags: [], kind: "k${index}" as const }`;
  const isStream = (index: number): boolean => index % 5 === 0;
  const definition = (index: number): string => `call${index}: {
      input: ${fields(index)}, ${isStream(index) ? "sends: Type.String(), yields" : "output"}: ${fields(index)},
      errors: { none: Type.Object({ id: Type.Integer() }), closed${index}: Type.Object({ until: Type.Date() }) } },`;
  const handler = (index: number): string => {
    const refusal = `if (call.remainingMs < id) throw call.error("closed${index}", { until: new Date() });`;
    return isStream(index)
      ? `async *call${index}({ id }, call) { ${refusal} for await (const _ of call.items) yield ${value(index)}; },`
      : `async call${index}({ id }, call) { ${refusal} return ${value(index)}; },`;
  };
  const use = (index: number): string =>
    isStream(index)
      ? `for await (const { at } of call.call${index}(${value(index)}, ["x"])) at?.getTime();`
      : `(await call.call${index}(${value(index)}, { timeoutMs: 5 })).at?.getTime();
         { const tried = await attempt.call${index}(${value(index)});
           if (!tried.ok && tried.error.code === "closed${index}") tried.error.data.until.getTime(); }`;
  return `
    import { Type } from "@sinclair/typebox";
    import { type AnyProtocol, type CallHandlers, type ClientCalls, type ClientTries, defineProtocol } from "@typewire/protocol";

    export const protocol = defineProtocol({
      name: "many", version: 1, server: {}, client: {},
      calls: { ${each(count, definition)} },
    });
    declare function answer<P extends AnyProtocol>(protocol: P, handlers: CallHandlers<P, object, string>): void;
    answer(protocol, { ${each(count, handler)} });
    declare const call: ClientCalls<typeof protocol>;
    declare const attempt: ClientTries<typeof protocol>;
    ${each(count, use)}
  `;
}

/** How often the checker makes a type of a generic one, for a program of these modules. */
async function instantiations(...modules: readonly string[]): Promise<number> {
  programs += 1;
  const files = modules.map((_, index) => join(folder, `${programs}-${index}.ts`));
  const project = join(folder, `${programs}.json`);
  await Promise.all(modules.map((text, index) => Bun.write(files[index] ?? "", text)));
  const shared = join(repository, "tsconfig.base.json");
  // The declarations of others cost the same in every program, and half of the checker's time.
  const compilerOptions = { types: ["bun"], skipLibCheck: true };
  await Bun.write(project, JSON.stringify({ extends: shared, compilerOptions, files }));
  const flags = ["--singleThreaded", "--extendedDiagnostics", "-p", project];
  const checker = Bun.spawn([process.execPath, compiler, ...flags], { stdout: "pipe" });
  const output = await checker.stdout.text();
  expect(/error TS.{0,200}/.exec(output)?.[0]).toBeUndefined();
  return Number(/^Instantiations:\s+(\d+)/m.exec(output)?.[1]);
}

/** How much more what is made for `many` costs than that for `few`; what all programs cost left out. */
async function growth(
  modulesFor: readonly ((count: number) => string)[],
  few: number,
  many: number,
): Promise<number> {
  const costOf = (count: number): Promise<number> =>
    instantiations(...modulesFor.map((module) => module(count)));
  const one = await costOf(1);
  const ofFew = (await costOf(few)) - one;
  const ofMany = (await costOf(many)) - one;
  expect(ofFew).toBeGreaterThan(0);
  return ofMany / ofFew;
}

const rows: [string, ((count: number) => string)[], few: number, many: number][] = isLong
  ? [
      ["messages a side", [programOf], 60, 300],
      ["calls", [callsOf], 100, 500],
    ]
  : [["messages a side and calls", [programOf, callsOf], 12, 60]];

describe("a protocol, to the type checker", () => {
  test.each(rows)(
    "of five times as many %s costs at most 6 times as much",
    async (_, modulesFor, few, many) => {
      expect(await growth(modulesFor, few, many)).toBeLessThan(6);
    },
    120_000,
  );
});
