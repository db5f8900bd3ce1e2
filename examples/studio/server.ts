// The studio: takes uploads, has workers count their words, writes text, and keeps rooms. Ctrl+C closes it in order.

import { EventEmitter, once } from "node:events";

import { serve } from "typewire/bun";
import { address, studio } from "./protocol.ts";

const users = new Map(Object.entries({ "ana-token": "Ana", "worker-token": "worker" }));
const words = new Map<number, number>();
const jobs: { upload: number; content: string }[] = [];
const added = new EventEmitter().setMaxListeners(0);
let uploads = 0;

/** In place of a language model: says the prompt's words, one at a time, until it is stopped. */
async function* parrot(prompt: string): AsyncGenerator<string> {
  try {
    for (const tokens = prompt.split(" "); ; await Bun.sleep(10)) yield* tokens;
  } finally {
    console.log("the model has stopped");
  }
}

const server = serve(
  studio,
  {
    ...address,
    authenticate({ token }) {
      const name = users.get(token);
      if (name === undefined) throw new Error("no such token");
      return { name };
    },
  },
  {
    say({ room, text }, connection) {
      server.publish(`room.${room}`, { type: "said", room, name: connection.context.name, text });
    },
    ask({ upload }, call) {
      const count = words.get(upload);
      if (count === undefined) throw call.error("notCounted", { waiting: jobs.length });
      return count;
    },
    async upload(_, call) {
      const file = new Blob(await Array.fromAsync(call.items));
      const upload = (uploads += 1);
      jobs.push({ upload, content: await file.text() });
      added.emit("job");
      return { upload, bytes: file.size };
    },
    complete: ({ prompt }) => parrot(prompt),
    async *work(_, call) {
      const results = call.items[Symbol.asyncIterator]();
      for (;;) {
        let job = jobs.shift();
        for (; job === undefined; job = jobs.shift())
          await once(added, "job", { signal: call.signal });
        try {
          yield job;
          const result = await results.next();
          if (result.done !== true) words.set(job.upload, result.value);
        } finally {
          // A worker that left without a result leaves its job to another.
          if (!words.has(job.upload) && jobs.push(job) > 0) added.emit("job");
        }
        if (!words.has(job.upload)) return;
      }
    },
    join: ({ room }, { connection }) => connection.subscribe(`room.${room}`),
  },
);
console.log(`The studio is at ${server.address}`);
process.once("SIGINT", () => void server.drain({ reason: "the studio closes" }));
