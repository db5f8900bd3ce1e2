// Everything that the studio is asked for, and what it tells its rooms. All three programs import this file.

import { defineProtocol, Type } from "typewire";

const room = Type.String({ pattern: "^[a-z]{1,20}$" });
const text = Type.String({ minLength: 1, maxLength: 500 });

export const studio = defineProtocol({
  name: "studio",
  version: 1,
  auth: Type.Object({ token: Type.String() }),
  server: { said: Type.Object({ room, name: Type.String(), text }) },
  client: { say: Type.Object({ room, text }) },
  calls: {
    /** How many words an upload has. */
    ask: {
      input: Type.Object({ upload: Type.Integer() }),
      output: Type.Integer(),
      errors: { notCounted: Type.Object({ waiting: Type.Integer() }) },
    },
    upload: {
      sends: Type.Uint8Array({ maxByteLength: 65_536 }),
      output: Type.Object({ upload: Type.Integer(), bytes: Type.Integer() }),
    },
    complete: { input: Type.Object({ prompt: text }), yields: Type.String() },
    /** The server yields a job, the worker sends its result, and gets the next. */
    work: {
      sends: Type.Integer(),
      yields: Type.Object({ upload: Type.Integer(), content: Type.String() }),
    },
    join: { input: Type.Object({ room }) },
  },
});

export const address = { port: Number(process.env["PORT"] ?? 8085) };
