// The part of the testkit that a user's tests get as well: sockets and time without a host. The rest of it
// starts processes and listens.

export { FakeClock } from "./fake-clock.ts";
export { MemoryPair, type MemoryPairOptions, type PairEnd } from "./memory-pair.ts";
export { MemorySocket, type MemorySocketOptions, type SocketEvents } from "./memory-socket.ts";
export { printWarning } from "./print-warning.ts";
