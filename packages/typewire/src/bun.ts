// What a program imports from "typewire/bun": a server and a client on Bun's own sockets. Lists names, and
// asks first whether this is Bun.

// A user's `lib` may end before `using`; the declarations below do not.
/// <reference lib="esnext.disposable" preserve="true" />

// Before the modules that need it.
import "./require-bun.ts";

export {
  type ClientTlsOptions,
  connect,
  type ConnectOptions,
  removeStaleSocket,
  serve,
  type ServeOptions,
  type ServerTlsOptions,
} from "@typewire/bun";
export type { Middleware } from "@typewire/connection";
export type {
  Client,
  ClientConnection,
  ClientHandlers,
  ClientObserver,
  ClientOf,
  ClientOptions,
  ClientState,
  ClientStats,
  ClientStatus,
  ReconnectOptions,
  ToldGap,
} from "@typewire/client";
export type {
  Backplane,
  BackplaneEvent,
  BackplaneState,
  BackplaneStats,
  Gap,
} from "@typewire/backplane";
export type {
  Authenticated,
  ConnectionCap,
  ConnectionCount,
  Drained,
  DrainOptions,
  ExpiringContext,
  MiddlewareCallOf,
  PeerCertificate,
  PeerIdentity,
  PublishOptions,
  Server,
  ServerConnection,
  ServerHandlers,
  ServerObserver,
  ServerOf,
  ServerOptions,
  ServerStats,
  ServerFigures,
  ServerWatch,
  ServerWatcher,
  Subscribers,
  WhenSlow,
} from "@typewire/server";
