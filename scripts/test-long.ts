// `bun run test:long`: the tests that the suite has in short, at length. Those that judge times run after the
// others, with no other test beside them.

const LONG_FORM = { TYPEWIRE_LONG: "1", TYPEWIRE_CASES: "300", TYPEWIRE_MODEL_SECONDS: "20" };
const ALONE = { TYPEWIRE_ALONE: "1" };
/** For one test, in milliseconds: says that it hangs. */
const TIMEOUT_MS = 120_000;

/** The test files that read one of these variables. */
async function filesThatRead(variables: Readonly<Record<string, string>>): Promise<string[]> {
  const read = new RegExp(`process\\.env\\["(${Object.keys(variables).join("|")})"\\]`);
  const files: string[] = [];
  for await (const file of new Bun.Glob("{packages,apps,tests}/**/*.test.ts").scan()) {
    if (file.includes("node_modules/")) continue;
    if (read.test(await Bun.file(file).text())) files.push(file);
  }
  return files.toSorted();
}

async function run(variables: Readonly<Record<string, string>>, workers: number): Promise<number> {
  const files = await filesThatRead(variables);
  const flags = [`--timeout=${TIMEOUT_MS}`, `--parallel=${workers}`];
  const runner = Bun.spawn([process.execPath, "test", ...flags, ...files], {
    stdio: ["inherit", "inherit", "inherit"],
    env: { ...process.env, ...variables },
  });
  return runner.exited;
}

const codes = [await run(LONG_FORM, 2), await run(ALONE, 1)];
process.exit(Math.max(...codes));
