// Calls made by hand over Typewire's one-way messages: an id in each, a map of those that wait. No
// deadlines, no cancelling, no errors.

import { connect as connectClient, serve } from "@typewire/bun";
import { defineProtocol, Type } from "@typewire/protocol";

import { deferred } from "../../end-to-end/deferred.ts";
import { type CallClient, runCallPeer } from "../peer.ts";
import { message } from "../schema.ts";

const pair = Type.Object({ call: Type.Integer({ minimum: 1 }), value: message });
const protocol = defineProtocol({
  name: "bench",
  version: 1,
  server: { answered: pair },
  client: { asked: pair },
});

async function connect(port: number): Promise<CallClient> {
  const waiting = new Map<number, (value: unknown) => void>();
  let last = 0;
  const client = await connectClient(
    protocol,
    { port, reconnect: false },
    {
      answered({ call, value }) {
        waiting.get(call)?.(value);
        waiting.delete(call);
      },
    },
  );
  return {
    call(value) {
      const { promise, resolve } = deferred<unknown>();
      last += 1;
      waiting.set(last, resolve);
      client.send({ type: "asked", call: last, value: value as never });
      return promise;
    },
    close: async () => void (await client.close()),
  };
}

await runCallPeer({
  async listen() {
    const { port } = serve(
      protocol,
      { port: 0 },
      {
        asked({ call, value }, connection) {
          connection.send({ type: "answered", call, value });
        },
      },
    );
    return { port };
  },
  connect,
});
