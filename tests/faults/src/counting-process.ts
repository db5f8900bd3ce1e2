// One of several processes that are restarted in turn: `bun counting-process.ts PORT SPREAD_MS`. Takes a moment for
// each call, so that calls are under way when it is told to end. SIGTERM drains over SPREAD_MS; its last
// line is what it has counted, as JSON. It shares its port.

import { serve } from "@typewire/bun";

import { counting } from "./counting.ts";

const [port = "", spreadMs = ""] = process.argv.slice(2);
const counted: number[] = [];
const server = serve(
  counting,
  { port: Number(port), reusePort: true },
  {
    async count(value) {
      await Bun.sleep(5);
      counted.push(value);
      return value;
    },
  },
);
console.log(`listening ${server.port}`);
process.once("SIGTERM", () => {
  void server.drain({ spreadMs: Number(spreadMs) }).then(({ cut, messagesUndelivered }) => {
    console.log(JSON.stringify({ counted, cut, messagesUndelivered }));
  });
});
