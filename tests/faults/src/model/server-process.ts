// The model's server, in a process of its own so that it can be stopped and killed. Everything that happens
// is a line on stdout, written before anything else does: `listening PORT`, `sent FLOW NUMBER`,
// `received NUMBER`, `damaged`, and at the end of a connection `undelivered FLOW NUMBER` for each that was
// reported so, and `closed FLOW TAKEN`, where the socket took the first TAKEN items; `failed HANDLER` should
// not come. Each line on stdin, `COUNT PAD`, sends so many items to everybody.
//
//     bun server-process.ts FIRST_FLOW LIMITS_AS_JSON

import { writeSync } from "node:fs";

import { serve } from "@typewire/bun";
import { internalLimits } from "@typewire/connection/internal";
import type { ServerConnection } from "@typewire/server";

import { Carried, streamEnd } from "./carried.ts";
import { isWhole, makeItem, model } from "./protocol.ts";

const say = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const [firstFlow = "0", limits = "{}"] = process.argv.slice(2);
let nextFlow = Number(firstFlow);
const flows = new Map<
  ServerConnection<typeof model>,
  { readonly flow: number; readonly carried: Carried }
>();

const server = serve(
  model,
  {
    port: 0,
    limits: internalLimits(JSON.parse(limits) as object),
    onOpen(connection) {
      flows.set(connection, { flow: nextFlow, carried: new Carried() });
      nextFlow += 1;
    },
    onClose(connection) {
      const ended = flows.get(connection);
      if (ended === undefined) return;
      flows.delete(connection);
      ended.carried.takenBytes = connection.stats.bytesSent;
      say(`closed ${ended.flow} ${ended.carried.taken.length}`);
    },
    // Of flipped bits.
    onRefused() {},
    onPeerError() {},
    onUndelivered(_connection, messages) {
      for (const { flow, number } of messages) say(`undelivered ${flow} ${number}`);
    },
    onHandlerError: (_, name, error) => say(`failed ${name}: ${String(error)}`),
  },
  {
    item(item) {
      say(isWhole(item) ? `received ${item.number}` : "damaged");
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
    for (const [connection, { flow, carried }] of flows) {
      for (let index = 0; index < count && connection.state === "open"; index += 1) {
        const number = carried.numbers.length;
        connection.send(makeItem(flow, number, pad));
        // Where sending it has ended the connection, it is the last of a queue that was dropped.
        carried.add(number, connection.state === "open" ? streamEnd(connection) : Infinity);
        say(`sent ${flow} ${number}`);
      }
    }
  }
}
// The process that started it is gone.
process.exit(0);
