// NATS and three servers by one command: `bun cluster.ts`. A line `restart 1` drains a server and starts it again,
// `kill 2` and `kill nats` end one without a word, and two seconds later it is back. Ctrl+C ends all.

import { join } from "node:path";
import { natsPort, ports } from "./protocol.ts";

const natsServer = Bun.which("nats-server", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` });
if (natsServer === null) {
  console.error("There is no nats-server: apt-get install nats-server, or a binary of nats.io");
  process.exit(1);
}

const commands = new Map([
  ["nats", [natsServer, "-a", "127.0.0.1", "-p", `${natsPort}`]],
  ...ports.map((port, index): [string, string[]] => [
    `${index + 1}`,
    [process.execPath, join(import.meta.dir, "server.ts"), `${port}`],
  ]),
]);
const running = new Map<string, Bun.Subprocess<"ignore", "pipe", "ignore">>();
let isOver = false;

function start(name: string): void {
  const command = commands.get(name);
  if (command === undefined || isOver) return;
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  running.set(name, child);
  console.log(`${name} is started`);
  void print(name, child.stdout);
}

async function print(name: string, stdout: ReadableStream<Uint8Array>): Promise<void> {
  for await (const chunk of stdout) {
    const text = new TextDecoder().decode(chunk).trimEnd();
    for (const line of text.split("\n")) console.log(`${name}: ${line}`);
  }
}

for (const name of commands.keys()) start(name);

process.once("SIGINT", () => {
  isOver = true;
  for (const child of running.values()) child.kill("SIGTERM");
  const ended = [...running.values()].map((child) => child.exited);
  void Promise.all(ended).then(() => process.exit(0));
});

for await (const line of console) {
  const [what = "", name = ""] = line.split(" ");
  const child = running.get(name);
  if (child === undefined) continue;
  child.kill(what === "kill" ? "SIGKILL" : "SIGTERM");
  void child.exited.then(async () => {
    console.log(`${name} has ended`);
    if (what === "kill") await Bun.sleep(2000);
    start(name);
  });
}
