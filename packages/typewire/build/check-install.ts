// The gate of what a user gets, `bun run check:install`: packs, installs the result in empty projects
// outside the repository, compiles and runs the README's example there, compiles a program with calls, and
// runs all but the sockets on Node. Prints a line for each thing that held; ends with 1 at the first that did
// not. Without a package registry it is not run, and says so.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

import { buildPackage } from "./build.ts";
import { OutsideProject } from "./outside-project.ts";
import { ROOT } from "./workspaces.ts";

/** TypeScript as it is, beside Bun; the last 5 and 6, which many projects still have. The README names their releases. */
const COMPILERS = {
  bun: ["typescript@7.0.2"],
  npm: ["typescript@5.9.3", "typescript@6.0.3"],
} as const;
const BUN_TYPES = "@types/bun@1.4.5";
const NODES = ["22", "24"] as const;
const OLDEST_TYPEBOX = "@sinclair/typebox@0.34.0";
const NATS_CLIENT = "@nats-io/transport-node@3.4.0";
const TYPEBOX_1 = "typebox@1.4.3";

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  allowImportingTsExtensions: true,
};

/** The settings that users have, by what they call them. */
const SETTINGS = {
  "module: NodeNext": { ...STRICT, module: "NodeNext", types: [] },
  "types: []": {
    ...STRICT,
    module: "Preserve",
    moduleResolution: "bundler",
    target: "ESNext",
    types: [],
  },
  "target: ES2022": { ...STRICT, module: "NodeNext", target: "ES2022", types: [] },
};

/** The files that the README shows by name: `client.ts`, `server.ts`, the protocol's. `wrong.ts` must not compile. */
function exampleOf(readme: string): Readonly<Record<string, string>> {
  const blocks = readme.matchAll(/^```ts (\S+)\n([^]*?)^```$/gm);
  return Object.fromEntries([...blocks].map(([, name = "", content = ""]) => [name, content]));
}

function check(what: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
  console.log(`ok  ${what}`);
}

/** Bun's own tsconfig, as `bun init` writes it. */
function bunSettings(): object {
  using project = new OutsideProject("bun");
  project.mustRun([process.execPath, "init", "--yes"]);
  const text = project.read("tsconfig.json").replaceAll(/^\s*\/\/.*$/gm, "");
  const { compilerOptions } = JSON.parse(text) as { readonly compilerOptions: object };
  return { ...compilerOptions, skipLibCheck: false };
}

function checkTypes(
  project: OutsideProject,
  compiler: string,
  example: Record<string, string>,
  node: string,
): void {
  project.install(compiler, BUN_TYPES);
  const { "wrong.ts": wrong, ...right } = example;
  const files = Object.keys(right);
  for (const file of files) project.write(file, right[file] ?? "");
  project.write("calls.ts", readFileSync(join(import.meta.dir, "probes", "calls.ts"), "utf8"));
  project.write("wrong.ts", `${right["client.ts"] ?? ""}${wrong ?? ""}`);
  project.write(
    "every-entry.ts",
    // The declarations of `/nats` name nothing of its client, which is not installed here.
    ["", "/bun", "/backplane", "/nats", "/observe", "/testing", "/saludo", "/internal"]
      .map((entry, index) => `export * as entry${index} from "typewire${entry}";\n`)
      .join(""),
  );
  const settings = { ...SETTINGS, "Bun's own tsconfig": bunSettings() };
  for (const [setting, options] of Object.entries(settings)) {
    check(`${compiler}: the README's example and calls compile, ${setting}`, () => {
      const { checked, complaints } = project.compile(node, options, [
        ...files,
        "every-entry.ts",
        "calls.ts",
      ]);
      if (complaints !== "") throw new Error(complaints);
      const ours = checked.filter((path) => path.includes("/node_modules/typewire/"));
      const sources = ours.filter((path) => !path.endsWith(".d.ts"));
      if (ours.length === 0 || sources.length > 0) {
        throw new Error(`expected declarations only, got ${ours.length}: ${sources.join(", ")}`);
      }
    });
  }
  check(`${compiler}: what the README says does not compile does not`, () => {
    const { complaints } = project.compile(node, SETTINGS["module: NodeNext"], ["wrong.ts"]);
    if (!/^wrong\.ts/m.test(complaints)) throw new Error(`expected an error, got: ${complaints}`);
  });
}

/** Runs `server.ts` on a free port and `client.ts` against it. */
async function exchange(project: OutsideProject, example: Record<string, string>): Promise<string> {
  const { folder: cwd } = project;
  const onPort = (port: string): void => {
    for (const [file, text] of Object.entries(example)) {
      project.write(file, text.replaceAll(/\bport: \d+/g, `port: ${port}`));
    }
  };
  onPort("0");
  await using server = new Program([process.execPath, "server.ts"], { cwd });
  const [, port = ""] = await server.stdout.line(/:(\d+)\b/);
  onPort(port);
  await using client = new Program([process.execPath, "client.ts"], { cwd });
  const { code } = await client.exit();
  if (code === 0 && client.stdout.text !== "") return client.stdout.text;
  throw new Error(`client.ts: exit ${code}\n${client.stdout.text}\n${client.stderr.text}`);
}

/** The executables of Node, from the packages that its own installer takes them from. */
function installNodes(project: OutsideProject): ReadonlyMap<string, string> {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const prefix = platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const name = `${prefix}-${platform}-${process.arch}`;
  project.install(...NODES.map((version) => `node-${version}@npm:${name}@${version}`));
  return new Map(
    NODES.map((version) => {
      return [version, join(project.folder, "node_modules", `node-${version}`, "bin", "node")];
    }),
  );
}

function hasRegistry(): boolean {
  using project = new OutsideProject("npm");
  const { exitCode } = project.run(["npm", "view", "typescript", "version", "--fetch-retries=0"]);
  return exitCode === 0;
}

async function main(): Promise<number> {
  const tarball = buildPackage();
  if (!hasRegistry()) {
    console.log("check:install: not run: no package registry answers");
    return process.env["CI"] === undefined ? 0 : 1;
  }
  const example = exampleOf(readFileSync(join(ROOT, "README.md"), "utf8"));
  const probe = readFileSync(join(import.meta.dir, "probes", "any-host.ts"), "utf8");

  using hosts = new OutsideProject("npm");
  const nodes = installNodes(hosts);
  const newest = nodes.get("24") ?? "";
  for (const manager of ["bun", "npm"] as const) {
    using project = new OutsideProject(manager);
    check(`${manager}: installs the tarball`, () => project.install(tarball));
    for (const compiler of COMPILERS[manager]) checkTypes(project, compiler, example, newest);
    const said = await exchange(project, example);
    console.log(`ok  ${manager}: server and client exchange: ${said}`);
    project.write("probe.ts", probe);
    for (const [version, node] of nodes) {
      check(`${manager}: everything but the sockets runs on Node ${version}`, () =>
        project.mustRun([node, "probe.ts"]),
      );
    }
    project.write("bun-only.js", 'import "typewire/bun";\n');
    for (const [version, node] of nodes) {
      check(`${manager}: typewire/bun says on Node ${version} that it needs Bun`, () => {
        const { exitCode, output } = project.run([node, "bun-only.js"]);
        if (exitCode === 0 || !output.includes("typewire/bun needs Bun")) throw new Error(output);
      });
    }
    check(`${manager}: and on Bun`, () => project.mustRun([process.execPath, "probe.ts"]));
    checkNats(project, manager);
  }
  await checkTypeBoxes(tarball, example, probe, newest);
  return 0;
}

/** Who does not use NATS has nothing of it; who does installs its client beside. */
function checkNats(project: OutsideProject, manager: string): void {
  project.write(
    "nats.js",
    `import { nats } from "typewire/nats";
import { embedded } from "typewire/backplane";
console.log(typeof nats({ servers: "127.0.0.1:4222" }).join, typeof embedded().join);
`,
  );
  check(`${manager}: nothing of NATS is installed, and typewire/nats names what it needs`, () => {
    const { exitCode, output } = project.run([process.execPath, "nats.js"]);
    if (exitCode === 0 || !output.includes("@nats-io/transport-node")) throw new Error(output);
  });
  check(`${manager}: with ${NATS_CLIENT} typewire/nats works`, () => {
    project.install(NATS_CLIENT);
    const output = project.mustRun([process.execPath, "nats.js"]);
    if (output !== "function function") throw new Error(output);
  });
}

async function checkTypeBoxes(
  tarball: string,
  example: Record<string, string>,
  probe: string,
  node: string,
): Promise<void> {
  using project = new OutsideProject("npm");
  project.install(OLDEST_TYPEBOX, TYPEBOX_1);
  project.install(tarball);
  check(`${OLDEST_TYPEBOX} in the project stays the only one of its kind`, () => {
    const listed = project.mustRun(["npm", "ls", "@sinclair/typebox", "--parseable"]).split("\n");
    if (listed.length !== 1) throw new Error(listed.join(", "));
  });
  project.write("probe.ts", probe);
  check(`${OLDEST_TYPEBOX} works`, () => project.mustRun([node, "probe.ts"]));
  await exchange(project, example);
  project.write(
    "typebox-1.js",
    `import Type from "typebox";
import { defineProtocol } from "typewire";
const server = { m: Type.Object({ a: Type.String() }) };
defineProtocol({ name: "p", version: 1, server, client: {} });
`,
  );
  check(`a schema of ${TYPEBOX_1} is refused with the way out`, () => {
    const { exitCode, output } = project.run([node, "typebox-1.js"]);
    const expected = ['"typebox"', "@sinclair/typebox 0.34", 'import { Type } from "typewire"'];
    if (exitCode === 0 || expected.some((words) => !output.includes(words))) {
      throw new Error(`expected an error with ${expected.join(", ")}, got\n${output}`);
    }
  });
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`check:install: failed: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
