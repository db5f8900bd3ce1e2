// The public face of @typewire/testkit.

export { Arrivals } from "./arrivals.ts";
export {
  Authority,
  type CertificateFiles,
  type CertificateOptions,
  Certificates,
} from "./certificates.ts";
export {
  byteByByte,
  cutAt,
  type Cutter,
  everyPairOfCuts,
  inPiecesOf,
  randomly,
  whole,
} from "./cutters.ts";
export { DEFAULT_WAIT_MS, within } from "./deadline.ts";
export { executable } from "./executables.ts";
export { FakeClock } from "./fake-clock.ts";
export type { LinkConditions } from "./fault-pipe.ts";
export {
  FaultProxy,
  type FaultProxyOptions,
  type FaultStep,
  ProxyLink,
  type Way,
} from "./fault-proxy.ts";
export { collect, FrameCollector } from "./frame-collector.ts";
export { MemoryPair, type MemoryPairOptions, type PairEnd, resetByPeer } from "./memory-pair.ts";
export {
  concatenate,
  MemorySocket,
  type MemorySocketOptions,
  type SocketEvents,
} from "./memory-socket.ts";
export { NatsServer } from "./nats-server.ts";
export { missingTools, type OutsideTool, outsideTool } from "./outside-tools.ts";
export { Output, Program, type ProgramEnd, type ProgramOptions } from "./program.ts";
export { type Address, type PeerEnd, ScriptedListener, ScriptedPeer } from "./scripted-peer.ts";
export { pickSeed, SeededRandom } from "./seeded-random.ts";
export { ignoringHangUp, TerminalProgram } from "./terminal-program.ts";
