// What Bun calls for a plain socket, passed on to the socket's user: the same for one that was accepted
// and one that was dialled.

import type { SocketUser } from "@typewire/connection";

/** The handlers of every socket whose `data` is its user. */
export const socketHandlers: Bun.SocketHandler<SocketUser> = {
  open: (socket) => socket.data.opened(socket),
  data: ({ data }, chunk) => data.receive(chunk),
  drain: ({ data }) => data.drained(),
  end: ({ data }) => data.peerEnded(),
  close: ({ data }, error) => data.socketClosed(error),
  // Without this handler an exception in the ones above would end the process. They throw none, so what
  // comes here is a bug of ours: it costs this socket only.
  error(socket, error) {
    socket.data.socketClosed(error);
    socket.terminate();
  },
};
