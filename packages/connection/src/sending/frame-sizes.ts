// The size of ready-made frames in items and levels, which each of their receivers may bound otherwise. A
// broadcast hands one frame to many connections: it is measured once, and not kept.

import { HEADER_BYTES } from "@typewire/protocol";
import { measurePayload, type PayloadSize } from "@typewire/protocol/internal";

/** Shared by the connections of an endpoint. */
export class FrameSizes {
  readonly #sizes = new WeakMap<Uint8Array, PayloadSize>();

  /** The size of `frame`, which our codec has made and which does not change. */
  of(frame: Uint8Array): PayloadSize {
    const known = this.#sizes.get(frame);
    if (known !== undefined) return known;
    const size = measurePayload(frame, HEADER_BYTES);
    this.#sizes.set(frame, size);
    return size;
  }
}
