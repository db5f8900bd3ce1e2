// The model's server, in a process of its own so that it can be stopped and killed. Everything that happens
// is a line on stdout, written before anything else does: `listening PORT`, `sent LIFE NUMBER`,
// `received LIFE NUMBER`, `damaged`. Each line on stdin, `COUNT PAD`, sends so many items to everybody.
//
//     bun server-process.ts FIRST_LIFE FLAGS_AS_JSON

import { writeSync } from "node:fs";

import { serve, type ServerConnection } from "@typewire/server";

import { isWhole, makeItem, model } from "./protocol.ts";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const [firstLife = "0", limits = "{}"] = process.argv.slice(2);
let nextLife = Number(firstLife);
const lives = new Map<ServerConnection<typeof model>, { readonly life: number; count: number }>();

const server = serve(
  model,
  { port: 0, limits: JSON.parse(limits) as object },
  {
    open(connection) {
      lives.set(connection, { life: nextLife, count: 0 });
      nextLife += 1;
    },
    item(item) {
      say(isWhole(item) ? `received ${item.life} ${item.number}` : "damaged");
    },
    close(connection) {
      lives.delete(connection);
    },
  },
);

process.on("SIGTERM", () => {
  void server.drain({ timeoutMs: 1000 }).then(() => process.exit(0));
});
say(`listening ${server.port}`);

const decoder = new TextDecoder();
let rest = "";
for await (const chunk of Bun.stdin.stream()) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const [count = 0, pad = 0] = line.split(" ").map(Number);
    for (const [connection, state] of lives) {
      for (let index = 0; index < count && connection.state === "open"; index += 1) {
        connection.send(makeItem(state.life, state.count, pad));
        say(`sent ${state.life} ${state.count}`);
        state.count += 1;
      }
    }
  }
}
