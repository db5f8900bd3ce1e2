// One tour of the studio: `bun client.ts ROOM TOKEN`. Says what it hears.

import { connect } from "typewire/bun";
import { address, studio } from "./protocol.ts";

const [room = "lobby", token = "ana-token"] = process.argv.slice(2);

await using client = await connect(
  studio,
  { ...address, auth: () => ({ token }) },
  { said: ({ from, text }) => console.log(`${from}: ${text}`) },
);
const { call } = client;

await call.join(room);
console.log(`I am ${(await call.whoami()).user} in ${room}`);
client.send({ type: "say", room, text: "hola" });

const answer = call.complete("how are you");
for await (const word of answer) process.stdout.write(word);
console.log(`(${await answer.output} words)`);

function* file(): Generator<Uint8Array> {
  for (let chunk = 0; chunk < 20; chunk += 1) yield new Uint8Array(50_000).fill(1);
}
console.log(await call.upload({ name: "ones.bin" }, file(), { timeoutMs: 10_000 }));

const squared = await client.try.square(12, { timeoutMs: 2_000 });
console.log(squared.ok ? `12 × 12 = ${squared.output}` : `nobody works: ${squared.error.code}`);
