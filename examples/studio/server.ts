// The studio: lets in who has a token, and answers. Ctrl+C ends it when its calls have ended.

import { serve } from "typewire/bun";
import { Jobs } from "./jobs.ts";
import { address, studio } from "./protocol.ts";

const users = new Map([
  ["ana-token", "ana"],
  ["luis-token", "luis"],
  ["worker-token", "worker"],
]);
const jobs = new Jobs();

const server = serve(
  studio,
  {
    ...address,
    authenticate({ token }) {
      const user = users.get(token);
      if (user === undefined) throw new Error("no such token");
      return { user };
    },
    use: [
      async (call, next) => {
        const start = performance.now();
        try {
          return await next();
        } finally {
          console.error(
            `${call.context.user} ${call.name} ${Math.round(performance.now() - start)} ms`,
          );
        }
      },
    ],
  },
  {
    say({ room, text }, connection) {
      const message = { type: "said", room, from: connection.context.user, text } as const;
      server.publish(`room.${room}`, message, { except: connection });
    },
    whoami: (_, { context }) => ({ user: context.user }),
    join: (room, call) => call.connection.subscribe(`room.${room}`),
    async *complete(prompt, call) {
      const words = `You said: ${prompt}`.split(" ");
      for (const word of words) {
        await Bun.sleep(5);
        // The caller has left the loop: a model would stop here, and cost nothing more.
        if (call.signal.aborted) break;
        yield `${word} `;
      }
      return words.length;
    },
    async upload(_, call) {
      let bytes = 0;
      let sum = 0;
      for await (const chunk of call.items) {
        bytes += chunk.length;
        for (const byte of chunk) sum = (sum + byte) % 65_536;
      }
      return { bytes, sum };
    },
    async *work(_, call) {
      const taking = async (): Promise<void> => {
        for await (const { job, result } of call.items) jobs.done(job, result);
      };
      // The items end with the call, which the loop below hears by the signal.
      taking().catch(() => {});
      for (;;) yield await jobs.next(call.signal);
    },
    async square(value, call) {
      const result = jobs.square(value);
      if (result === undefined) throw call.error("noWorker", null);
      return result;
    },
    async *ticks() {
      for (;;) {
        yield Math.round(performance.now());
        await Bun.sleep(1);
      }
    },
  },
);
console.log(`The studio is at ${server.address}`);

process.once("SIGINT", () => void server.drain({ reason: "the studio closes" }));
