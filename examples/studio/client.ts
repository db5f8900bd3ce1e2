// One visit to the studio: `bun client.ts TOKEN FILE`. Ends when the file's words are counted.

import { createReadStream } from "node:fs";

import { connect } from "typewire/bun";
import { address, studio } from "./protocol.ts";

const [token = "", file = ""] = process.argv.slice(2);
await using client = await connect(
  studio,
  { ...address, auth: () => ({ token }) },
  { said: ({ room, name, text }) => console.log(`${room}: ${name}: ${text}`) },
);

await client.call.join({ room: "lobby" });
client.send({ type: "say", room: "lobby", text: "hola" });

let tokens = 0;
for await (const token of client.call.complete({ prompt: "to be or not" })) {
  console.log(token);
  if ((tokens += 1) === 6) break;
}

const { upload, bytes } = await client.call.upload(createReadStream(file));
console.log(`upload ${upload} has ${bytes} bytes`);
let answer = await client.try.ask({ upload });
for (; !answer.ok && answer.error.code === "notCounted"; answer = await client.try.ask({ upload }))
  await Bun.sleep(100);
console.log(answer.ok ? `upload ${upload} has ${answer.output} words` : answer.error.code);
