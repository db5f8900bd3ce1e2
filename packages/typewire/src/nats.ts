// What a program imports from "typewire/nats": servers joined by NATS. It alone needs @nats-io/transport-node, which
// the program installs beside. Lists names and does nothing.

// A user's `lib` may end before `using`; the declarations below do not.
/// <reference lib="esnext.disposable" preserve="true" />

export { nats, type NatsOptions, type NatsSource, type NatsTls } from "@typewire/nats";
