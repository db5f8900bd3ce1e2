// What a program imports from "typewire/bun": a server and a client on Bun's own sockets. Lists names and
// does nothing.

// A user's `lib` may end before `using`; the declarations below do not.
/// <reference lib="esnext.disposable" preserve="true" />

export {
  type ClientTlsOptions,
  connect,
  type ConnectOptions,
  serve,
  type ServeOptions,
  type ServerTlsOptions,
} from "@typewire/bun";
export type {
  Client,
  ClientConnection,
  ClientHandlers,
  ClientObserver,
  ClientOf,
  ClientOptions,
  ClientState,
  ClientStatus,
  ReconnectOptions,
} from "@typewire/client";
export type {
  ConnectionCap,
  Drained,
  DrainOptions,
  PublishOptions,
  Server,
  ServerConnection,
  ServerHandlers,
  ServerObserver,
  ServerOf,
  ServerOptions,
  ServerStats,
  Subscribers,
  WhenSlow,
} from "@typewire/server";
