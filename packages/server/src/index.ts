// The public face of @typewire/server.

export { LiveServer } from "./live-server.ts";
export type { Authenticated, ExpiringContext } from "./context.ts";
export type { MemberConnection, PeerIdentity } from "./member-connection.ts";
export type {
  ConnectionCount,
  PublishOptions,
  Server,
  ServerOf,
  Subscribers,
  WhenSlow,
} from "./server.ts";
export type {
  Accept,
  Accepted,
  Listening,
  PeerCertificate,
  ServerCertificates,
  ServerHost,
} from "./server-host.ts";
export type { ServerFigures, ServerWatch, ServerWatcher } from "./watch.ts";
export { serverOptions } from "./server-options.ts";
export type {
  ConnectionCap,
  Drained,
  DrainOptions,
  MiddlewareCallOf,
  ServerConnection,
  ServerHandlers,
  ServerHandlersArgument,
  ServerObserver,
  ServerOptions,
  ServerStats,
} from "./server-options.ts";
