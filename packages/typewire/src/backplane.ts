// What a program imports from "typewire/backplane": a bus within one process, and what another bus than NATS is
// made with. Lists names and does nothing.

// A user's `lib` may end before `using`; the declarations below do not.
/// <reference lib="esnext.disposable" preserve="true" />

export {
  type Backplane,
  embedded,
  overTransport,
  type Stop,
  type Transport,
  type TransportStatus,
} from "@typewire/backplane";
