// A server whose sockets are made of arrays.

import type { SocketUser } from "@typewire/connection";
import { saludo } from "@typewire/protocol/saludo";
import { FakeClock, MemorySocket } from "@typewire/testkit";

import {
  type Accept,
  LiveServer,
  type ServerHandlers,
  type ServerOptions,
} from "../../src/index.ts";

/** A server of `count` connections, the oldest first. */
export function connected(
  count: number,
  options: ServerOptions<typeof saludo> = {},
  handlers: ServerHandlers<typeof saludo> = {},
) {
  const clock = new FakeClock();
  const sockets: MemorySocket[] = [];
  let accept: Accept | undefined;
  const server = new LiveServer(saludo, { clock, ...options }, handlers, {
    listen(given) {
      accept = given;
      return { address: "memory", hostname: undefined, port: undefined, stop() {} };
    },
    handlerFailed() {},
  });
  for (let index = 0; index < count; index += 1) {
    const socket = new MemorySocket();
    sockets.push(socket);
    const user: SocketUser | undefined = accept?.({
      name: `peer ${index}`,
      ipAddress: undefined,
      isBeyondLimit: false,
      cut: () => socket.terminate(),
    });
    if (user !== undefined) socket.events = user;
    user?.opened(socket);
  }
  return { server, clock, sockets, connections: [...server.connections] };
}
