// A studio: people ask a model, upload files, and meet in rooms; workers take jobs. Every kind of call.

import { defineProtocol, Type } from "typewire";

const room = Type.String({ pattern: "^[a-z]{1,20}$" });
const text = Type.String({ minLength: 1, maxLength: 2_000 });

export const studio = defineProtocol({
  name: "studio",
  version: 1,
  server: { said: Type.Object({ room, from: Type.String(), text }) },
  client: { say: Type.Object({ room, text }) },
  auth: Type.Object({ token: Type.String({ maxLength: 200 }) }),
  calls: {
    /** The user of this connection. Answers the same however often it is asked. */
    whoami: { output: Type.Object({ user: Type.String() }), idempotent: true },
    /** From now on what is said in the room is heard. */
    join: { input: room },
    /** The tokens of an answer, as a model gives them. */
    complete: { input: text, yields: Type.String(), output: Type.Integer() },
    /** A file in chunks; its size and a sum of its bytes come back. */
    upload: {
      input: Type.Object({ name: Type.String({ maxLength: 100 }) }),
      sends: Type.Uint8Array({ maxByteLength: 65_536 }),
      output: Type.Object({ bytes: Type.Integer(), sum: Type.Integer() }),
    },
    /** A worker's side of its jobs: numbers come, and their results go back. */
    work: {
      sends: Type.Object({ job: Type.Integer(), result: Type.Integer() }),
      yields: Type.Object({ job: Type.Integer(), value: Type.Integer() }),
    },
    /** Has a worker square a number, and waits for the result. */
    square: { input: Type.Integer(), output: Type.Integer(), errors: { noWorker: Type.Null() } },
    /** The newest tick: pulled, so that a slow reader never gets what is old. */
    ticks: { yields: Type.Integer() },
  },
});

export const address = { port: Number(process.env["PORT"] ?? 8085) };
