// `bun run test:long`: the tests that the suite has in short, at length.

const LONG_FORM = { TYPEWIRE_LONG: "1", TYPEWIRE_CASES: "300", TYPEWIRE_MODEL_SECONDS: "20" };
/** For one test, in milliseconds: says that it hangs. */
const TIMEOUT_MS = 120_000;

// Those that read one of the names above.
const name = new RegExp(`process\\.env\\["(${Object.keys(LONG_FORM).join("|")})"\\]`);
const files: string[] = [];
for await (const file of new Bun.Glob("{packages,apps,tests}/**/*.test.ts").scan()) {
  if (file.includes("node_modules/")) continue;
  if (name.test(await Bun.file(file).text())) files.push(file);
}

const runner = Bun.spawn(
  [process.execPath, "test", `--timeout=${TIMEOUT_MS}`, "--parallel=2", ...files.toSorted()],
  { stdio: ["inherit", "inherit", "inherit"], env: { ...process.env, ...LONG_FORM } },
);
process.exit(await runner.exited);
