// Thirty-two connections that call without a pause: `bun client.ts SECONDS`. Says who has answered how often.

import { connect } from "typewire/bun";
import { port, primes } from "./protocol.ts";

const seconds = Number(process.argv[2] ?? 5);
const CONNECTIONS = 32;
/** About a fifth of a millisecond of the server's processor. */
const BELOW = 10_000;

const clients = await Promise.all(
  Array.from({ length: CONNECTIONS }, () => connect(primes, { port })),
);
const firsts = await Promise.all(clients.map(({ call }) => call.count({ below: BELOW })));
const processes = new Set(firsts.map(({ by }) => by));
console.log(`${CONNECTIONS} connections to ${processes.size} processes`);

const answers = new Map<number, number>();
// The first calls are answered while both ends learn them.
const countsFromMs = performance.now() + seconds * 250;
const endMs = countsFromMs + seconds * 1000;
await Promise.all(
  clients.map(async ({ call }) => {
    while (performance.now() < endMs) {
      const { by } = await call.count({ below: BELOW });
      const before = answers.get(by) ?? 0;
      answers.set(by, performance.now() < countsFromMs ? 0 : before + 1);
    }
  }),
);
const all = [...answers.values()].reduce((sum, count) => sum + count, 0);
console.log(`${Math.round(all / seconds)} calls/s`);
for (const [by, count] of answers) console.log(`process ${by}: ${count}`);
await Promise.all(clients.map((client) => client.close()));
