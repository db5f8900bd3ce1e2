// The server of the NATS peers, with the configuration that is the program's first argument.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Starts nats-server on a free port and reads from its log which one. */
export async function startNatsServer(): Promise<{
  readonly port: number;
  readonly pid: number;
  readonly stop: () => void;
}> {
  const server = spawn("nats-server", ["--config", process.argv[2] ?? ""], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await once(server, "spawn");
  const lines = createInterface({ input: server.stderr });
  for await (const line of lines) {
    const port = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    // The rest of the log has no reader.
    server.stderr.resume();
    return { port: Number(port), pid: server.pid ?? 0, stop: () => void server.kill() };
  }
  throw new Error("nats-server ended before it listened");
}
