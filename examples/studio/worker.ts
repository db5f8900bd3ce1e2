// Counts words: each job that comes is answered by a result, in one call.

import { connect } from "typewire/bun";
import { address, studio } from "./protocol.ts";

const auth = () => ({ token: "worker-token" });
await using client = await connect(studio, { ...address, auth }, { said() {} });

const results = new TransformStream<number, number>();
const writer = results.writable.getWriter();
for await (const { upload, content } of client.call.work(results.readable)) {
  await writer.write(content.split(/\s+/).filter(Boolean).length);
  console.log(`counted ${upload}`);
}
