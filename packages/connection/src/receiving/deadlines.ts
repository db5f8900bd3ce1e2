// The deadlines of what a peer has to say: the handshake's, of the frame it has started, and of a sign of life.
// Looked at by the sweep, which compares counters that are kept anyway, so that the path of a byte has no clock.

import { type Hello, TypewireError } from "@typewire/protocol";

import type { Handshake } from "../handshake/handshake.ts";
import type { ConnectionLimits } from "../limits.ts";
import type { Inflow } from "./inflow.ts";

/** What a look comes to: nothing, a question to the peer, or the end. */
export type Verdict = TypewireError | "ping" | undefined;

/** Remembers one connection's last looks. Times are the sweep's. */
export class Deadlines {
  readonly #limits: ConnectionLimits;
  /** The started frame, by the number of frames before it; negative when there was none. */
  #frameNumber = -1;
  #frameSeenAtMs = 0;
  /** What had come at the last sign of life, negative while this side is behind; and when that was. */
  #heardBytes = -1;
  #heardAtMs = 0;
  #unansweredPings = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Looks at a connection that listens; `frames` is how many the peer has sent. */
  check(nowMs: number, inflow: Inflow, handshake: Handshake, frames: number): Verdict {
    const late = handshake.check(nowMs, inflow.isBehind);
    if (late !== undefined) return late;
    // A peer that has not proved the secret takes a `$ping` for a mistake.
    const peerHello = handshake.isAuthenticating ? undefined : handshake.peerHello;
    if (inflow.isBehind) {
      // While frames that came wait for this side, the peer cannot be late with one.
      this.#frameNumber = -1;
      return this.#showLife(nowMs, peerHello);
    }
    return (
      this.#checkFrame(nowMs, inflow, frames) ??
      this.#checkHeartbeat(nowMs, inflow.bytesReceived, peerHello)
    );
  }

  #checkFrame(nowMs: number, inflow: Inflow, frames: number): Verdict {
    const startedBytes = inflow.startedFrameBytes;
    if (startedBytes === undefined) {
      this.#frameNumber = -1;
      return undefined;
    }
    if (this.#frameNumber !== frames) {
      this.#frameNumber = frames;
      this.#frameSeenAtMs = nowMs;
      return undefined;
    }
    const { frameDeadlineMs, frameBytesPerSecond } = this.#limits;
    const allowedMs = frameDeadlineMs + Math.ceil((startedBytes * 1000) / frameBytesPerSecond);
    if (nowMs - this.#frameSeenAtMs < allowedMs) return undefined;
    const progress =
      startedBytes === 0
        ? "its header is not whole"
        : `${inflow.bufferedBytes} of its bytes have come, its header announces ${startedBytes}`;
    const message = `Cannot read frame: expected it whole within ${allowedMs} ms, ${progress}`;
    return new TypewireError("frame-timeout", message);
  }

  /**
   * A side on which what came has to wait answers no `$ping`, and may take nothing of what waits for it: it
   * says itself that it is alive, as often as the peer would ask, and more often than a peer gives up writing.
   */
  #showLife(nowMs: number, peerHello: Hello | undefined): Verdict {
    if (peerHello === undefined || this.#heardBytes >= 0) {
      this.#heardBytes = -1;
      this.#heardAtMs = nowMs;
      return undefined;
    }
    const intervalMs = Math.min(this.#limits.restPingMs, peerHello.heartbeatIntervalMs || Infinity);
    if (nowMs - this.#heardAtMs < intervalMs) return undefined;
    this.#heardAtMs = nowMs;
    return "ping";
  }

  #checkHeartbeat(nowMs: number, bytesReceived: number, peerHello: Hello | undefined): Verdict {
    if (bytesReceived !== this.#heardBytes) {
      this.#heardBytes = bytesReceived;
      this.#heardAtMs = nowMs;
      this.#unansweredPings = 0;
      return undefined;
    }
    const { heartbeatIntervalMs, heartbeatMisses } = this.#limits;
    if (heartbeatIntervalMs === 0 || !peerHello?.heartbeatIntervalMs) return undefined;
    const silentMs = nowMs - this.#heardAtMs;
    if (silentMs < heartbeatIntervalMs * (this.#unansweredPings + 1)) return undefined;
    if (this.#unansweredPings < heartbeatMisses) {
      this.#unansweredPings += 1;
      return "ping";
    }
    const message = `The peer is silent for ${Math.round(silentMs)} ms, ${heartbeatMisses} pings are unanswered`;
    return new TypewireError("heartbeat-lost", message);
  }
}
