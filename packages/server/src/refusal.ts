// Turning connections away that a full server has no room for. Each costs one ready-made `$error` frame
// and no Connection; it is held until the peer has ended, so that the frame arrives, but only a few are
// held at a time: under a flood the rest is reset at once.

import type { ByteSocket, Cancel, Clock, SocketUser } from "@typewire/connection";
import { type AnyMessage, type Codec } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";

/** Half of the descriptors that a host keeps free below its ceiling of connections. */
const mostHeld = 64;

export interface RefuserOptions {
  readonly clock: Clock;
  /** How long the peer may take to end. */
  readonly lingerMs: number;
}

/** The `$error` that a refused peer is told. */
export function refusalFrame(codec: Codec<AnyMessage>, message: string): Uint8Array {
  const writer = new ByteWriter();
  codec.encodeInto({ type: "$error", code: "too-many-connections", message }, writer);
  return writer.copy();
}

/** Refuses with `too-many-connections`. One for each server. */
export class Refuser {
  readonly #clock: Clock;
  readonly #lingerMs: number;
  #held = 0;

  constructor({ clock, lingerMs }: RefuserOptions) {
    this.#clock = clock;
    this.#lingerMs = lingerMs;
  }

  /** A user of one socket that tells the peer `frame` and lets it go. */
  refuse(frame: Uint8Array): SocketUser {
    if (this.#held >= mostHeld) return new RefusedSocket((socket) => socket.terminate());
    this.#held += 1;
    let cancel: Cancel = () => {};
    return new RefusedSocket(
      (socket) => {
        // Smaller than any socket buffer: one write takes it.
        socket.write(frame);
        socket.shutdown();
        cancel = this.#clock.after(this.#lingerMs, () => socket.terminate());
      },
      () => {
        cancel();
        this.#held -= 1;
      },
    );
  }
}

/** A refused socket until its peer ends. Unread bytes would turn the close into a reset, so they are read. */
class RefusedSocket implements SocketUser {
  readonly #tell: (socket: ByteSocket) => void;
  readonly #release: () => void;
  #socket: ByteSocket | undefined;

  constructor(tell: (socket: ByteSocket) => void, release: () => void = () => {}) {
    this.#tell = tell;
    this.#release = release;
  }

  opened(socket: ByteSocket): void {
    this.#socket = socket;
    this.#tell(socket);
  }

  receive(): void {}

  drained(): void {}

  peerEnded(): void {
    this.#socket?.end();
  }

  disconnected(): void {
    this.#release();
  }
}
