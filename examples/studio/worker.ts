// Takes jobs one after the other, until the studio closes: `bun worker.ts`.

import { connect } from "typewire/bun";
import { address, studio } from "./protocol.ts";

await using client = await connect(
  studio,
  { ...address, auth: () => ({ token: "worker-token" }), reconnect: false },
  { said: () => {} },
);

/** What has been worked out and is not sent yet; the call pulls from it. */
const results = new TransformStream<{ job: number; result: number }>();
const writer = results.writable.getWriter();

try {
  for await (const { job, value } of client.call.work(results.readable)) {
    console.log(`job ${job}: ${value}`);
    await writer.write({ job, result: value * value });
  }
} catch (error) {
  console.log(`the work has ended: ${String(error)}`);
}
