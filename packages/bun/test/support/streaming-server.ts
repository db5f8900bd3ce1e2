// A server of its own process, whose streams are as fast as they are taken. Prints its port.

import { Type } from "@sinclair/typebox";
import { defineProtocol } from "@typewire/protocol";

import { serve } from "../../src/index.ts";

export const feed = defineProtocol({
  name: "feed",
  version: 1,
  server: {},
  client: {},
  calls: {
    echo: { input: Type.Integer(), output: Type.Integer() },
    items: { yields: Type.String() },
  },
});

if (import.meta.main) {
  const item = "x".repeat(78);
  const server = serve(
    feed,
    { port: 0 },
    {
      echo: (input) => input,
      async *items() {
        for (;;) yield item;
      },
    },
  );
  process.stdout.write(`${server.port}\n`);
}
