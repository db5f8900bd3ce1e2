// What the processes of a rolling restart and their clients share.

import { defineProtocol, Type } from "@typewire/protocol";

/** A client counts: each call adds one number, and the answer is the same number. */
export const counting = defineProtocol({
  name: "counting",
  version: 1,
  server: {},
  client: {},
  calls: { count: { input: Type.Integer(), output: Type.Integer() } },
});
