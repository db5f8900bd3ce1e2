// What a test imports from "typewire/testing": both ends of a protocol without a socket, and time in the
// test's own hands. Lists names and does nothing.

// A user's `lib` may end before `using`; the declarations below do not.
/// <reference lib="esnext.disposable" preserve="true" />

export { FakeClock, MemoryPair, type MemoryPairOptions } from "@typewire/testkit/in-memory";
export {
  connectInMemory,
  type HandlersOfBoth,
  type InMemory,
  type InMemoryOptions,
} from "./connect-in-memory.ts";
