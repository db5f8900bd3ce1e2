// What a protocol costs the type checker: in proportion to its messages, with a handler and a call site for
// each. Counted in instantiations, which are the same on every machine, not in time.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = new URL("../../../", import.meta.url).pathname;
const compiler = join(repository, "node_modules/typescript/bin/tsc");
/** Five times as many messages: by `bun run test:long` those of a large program. */
const [FEW, MANY] = process.env["TYPEWIRE_LONG"] === undefined ? [12, 60] : [60, 300];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "typewire-type-cost-"));
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
});

afterAll(() => rm(folder, { recursive: true }));

/** A program that speaks a protocol of `count` messages in each direction: each is handled and sent at both ends. */
function programOf(count: number): string {
  const each = (text: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => text(index)).join("\n");
  const fields = (index: number): string =>
    `Type.Object({ id: Type.Integer(), tags: Type.Array(Type.String()), at: Type.Optional(Type.Date()),
      kind: Type.Union([Type.Literal("k${index}"), Type.Literal("other")]) })`;
  const message = (name: string, index: number): string =>
    `{ type: "${name}${index}", id: ${index}, tags: [], kind: "k${index}" }`;
  return `
    import { Type } from "@sinclair/typebox";
    import { connect, serve } from "@typewire/bun";
    import { defineProtocol } from "@typewire/protocol";

    export const protocol = defineProtocol({
      name: "many", version: 1,
      server: { ${each((index) => `down${index}: ${fields(index)},`)} },
      client: { ${each((index) => `up${index}: ${fields(index)},`)} },
    });
    export const server = serve(protocol, { port: 0 }, {
      ${each((index) => `up${index}: ({ id }, connection) => [connection.send(${message("down", index)}), id],`)}
    });
    export const client = await connect(protocol, { port: 1 }, {
      ${each((index) => `down${index}: ({ at }, connection) => [connection.send(${message("up", index)}), at],`)}
    });
    ${each((index) => `server.broadcast(${message("down", index)}); client.send(${message("up", index)});`)}
  `;
}

/** How often the checker makes a type of a generic one, for such a program. */
async function instantiations(count: number): Promise<number> {
  const file = join(folder, `${count}.ts`);
  const project = join(folder, `${count}.json`);
  await Bun.write(file, programOf(count));
  const shared = join(repository, "tsconfig.base.json");
  const compilerOptions = { types: ["bun"] };
  await Bun.write(project, JSON.stringify({ extends: shared, compilerOptions, files: [file] }));
  const flags = ["--singleThreaded", "--extendedDiagnostics", "-p", project];
  const checker = Bun.spawn([process.execPath, compiler, ...flags], { stdout: "pipe" });
  const output = await checker.stdout.text();
  expect(/error TS.{0,200}/.exec(output)?.[0]).toBeUndefined();
  return Number(/^Instantiations:\s+(\d+)/m.exec(output)?.[1]);
}

describe("a protocol, to the type checker", () => {
  test(`of ${MANY} messages a side costs at most 6 times as much as one of ${FEW}`, async () => {
    const one = await instantiations(1);
    const few = (await instantiations(FEW)) - one;
    const many = (await instantiations(MANY)) - one;
    expect(few).toBeGreaterThan(0);
    expect(many / few).toBeLessThan(6);
  }, 120_000);
});
