// Turning connections away that a full server has no room for. Each costs one ready-made `$error` frame
// and no Connection; it is held until the peer has ended, so that the frame arrives. Only a few are held
// at a time: the one that has been held for longest makes room for the next.

import type { ByteSocket, Cancel, Clock, SocketUser } from "@typewire/connection";
import type { AnyMessage, Codec } from "@typewire/protocol";
import { controlFrame } from "@typewire/protocol/internal";

/** How long, and how many, refused peers are held. */
export interface RefuserOptions {
  readonly clock: Clock;
  /** How long the peer may take to end. */
  readonly lingerMs: number;
  /** Refused peers held at once; at least one. */
  readonly mostHeld: number;
}

/** The `$error` that a refused peer is told. */
export function refusalFrame(codec: Codec<AnyMessage>, message: string): Uint8Array {
  return controlFrame(codec, { type: "$error", code: "too-many-connections", message });
}

/** Refuses with `too-many-connections`. One for each server. */
export class Refuser {
  readonly #options: RefuserOptions;
  /** The oldest first. */
  readonly #held = new Set<RefusedSocket>();

  constructor(options: RefuserOptions) {
    this.#options = options;
  }

  /** Refused peers that have not gone. */
  get held(): number {
    return this.#held.size;
  }

  /** A user of one socket that tells the peer `frame` and lets it go. `cut` ends the socket in any state. */
  refuse(frame: Uint8Array, cut: () => void): SocketUser {
    const { clock, lingerMs, mostHeld } = this.#options;
    if (this.#held.size >= mostHeld) {
      const [oldest] = this.#held;
      oldest?.cut();
    }
    const refused = new RefusedSocket({
      frame,
      cut,
      startLinger: () => clock.after(lingerMs, cut),
      release: () => this.#held.delete(refused),
    });
    this.#held.add(refused);
    return refused;
  }
}

interface RefusedSocketOptions {
  readonly frame: Uint8Array;
  readonly cut: () => void;
  readonly startLinger: () => Cancel;
  /** The socket is gone, or will be at once. May be called again. */
  readonly release: () => void;
}

/** A refused socket until its peer ends. Unread bytes would turn the close into a reset, so they are read. */
class RefusedSocket implements SocketUser {
  readonly #options: RefusedSocketOptions;
  #socket: ByteSocket | undefined;
  #cancel: Cancel = () => {};

  constructor(options: RefusedSocketOptions) {
    this.#options = options;
  }

  /** Ends it at once, a TLS handshake too. */
  cut(): void {
    this.#options.release();
    this.#options.cut();
  }

  opened(socket: ByteSocket): void {
    this.#socket = socket;
    // Smaller than any socket buffer: one write takes it.
    socket.write(this.#options.frame);
    socket.shutdown();
    this.#cancel = this.#options.startLinger();
  }

  receive(): void {}

  drained(): void {}

  peerEnded(): void {
    this.#socket?.end();
  }

  socketClosed(): void {
    this.#cancel();
    this.#options.release();
  }
}
