// Runs the two executables against each other, as they are deployed: from an empty folder, with an
// empty environment. The client gets two messages and ends with 0; SIGTERM ends the server with 0.
// Prints one line; exits 1 when anything is not so.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STEP_DEADLINE_MS = 10_000;
const APPS = join(import.meta.dir, "..", "apps");

/** Starts one executable; whatever happens, it does not outlive the deadlines of this script. */
function start(app: "server" | "client", args: string[], cwd: string) {
  return Bun.spawn([join(APPS, app, "dist", `typewire-${app}`), ...args], {
    cwd,
    env: {},
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 3 * STEP_DEADLINE_MS,
    killSignal: "SIGKILL",
  });
}

/** The address in the first `[LISTENING]` line. */
async function listeningAddress(log: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of log) {
    text += decoder.decode(chunk, { stream: true });
    const address = /^.*\[LISTENING\].*?(127\.0\.0\.1:\d+).*\n/m.exec(text)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`expected a [LISTENING] line, got ${JSON.stringify(text)}`);
}

function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`${what}: not within ${STEP_DEADLINE_MS} ms`)),
    STEP_DEADLINE_MS,
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const folder = mkdtempSync(join(tmpdir(), "typewire-smoke-"));
try {
  const server = start("server", ["--port", "0"], folder);
  try {
    const address = await within(listeningAddress(server.stderr), "the server's [LISTENING] line");

    const client = start("client", [address, "--count", "2"], folder);
    const clientExit = await within(client.exited, "the client's end after --count 2");
    const lines = (await client.stdout.text()).trimEnd().split("\n").length;
    if (clientExit !== 0 || lines < 2) {
      const log = await client.stderr.text();
      throw new Error(`expected exit 0 and two messages, got ${clientExit}, ${lines}:\n${log}`);
    }

    server.kill("SIGTERM");
    const serverExit = await within(server.exited, "the server's end after SIGTERM");
    if (serverExit !== 0) throw new Error(`expected the server to exit 0, got ${serverExit}`);
    console.log(`smoke: ok (${address}, client ${clientExit}, server ${serverExit})`);
  } finally {
    server.kill("SIGKILL");
  }
} catch (error) {
  console.error("smoke: failed:", error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
