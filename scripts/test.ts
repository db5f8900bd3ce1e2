// `bun run test`: the test runner with the arguments given, and behind its summary one line for the tests
// that this machine cannot run, with what to install. In CI a missing tool is an error instead.
import { executable, missingTools } from "@typewire/testkit";

/** For one test, in milliseconds: says that it hangs, on a busy machine as well. No test judges by it. */
const TIMEOUT_MS = 60_000;
/** Much of the suite waits for processes and timers: with fewer, two cores are idle for a fifth of its time. */
const WORKERS = 4;

const missing = missingTools();
// Where the build came from a cache, an executable may look older than a source: here it is built by one, and
// not by two workers at once.
executable("server");
// The files of a worker share what they import, as those of a plain `bun test` do: to read it anew for each file
// took a fifth of the processor time.
const flags = [`--timeout=${TIMEOUT_MS}`, `--parallel=${WORKERS}`, "--no-isolate"];
const runner = Bun.spawn([process.execPath, "test", ...flags, ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit"],
});
const exitCode = await runner.exited;
// The runner writes its summary to stderr as well.
if (missing.length > 0) console.error(`\nNot run on this machine: ${missing.join("; ")}`);
process.exit(exitCode);
