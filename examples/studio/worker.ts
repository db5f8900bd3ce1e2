// Counts words: each job that comes is answered by a result, in one call.

import { connect } from "typewire/bun";
import { address, studio } from "./protocol.ts";

const auth = () => ({ token: "worker-token" });
await using client = await connect(studio, { ...address, auth }, { said() {} });

// What it sends is made of what it is given. Reading `output` makes the call, which lasts as long as the worker.
const work = client.call.work(counts());
async function* counts() {
  for await (const { content } of work) yield content.split(/\s+/).filter(Boolean).length;
}
await work.output;
