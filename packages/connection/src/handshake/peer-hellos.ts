// What peers say of themselves, kept once for all that say the same: most clients of a server are one program.

import type { Hello } from "@typewire/protocol";

/** The hello that came last to an endpoint. */
export class PeerHellos {
  #payload: Uint8Array = new Uint8Array(0);
  #hello: Hello | undefined;

  /** `hello`, decoded from `payload`, which is on loan: where the last one had the same bytes, that one. Frozen, as it is shared. */
  share(hello: Hello, payload: Uint8Array): Hello {
    const last = this.#hello;
    if (last !== undefined && isEqual(this.#payload, payload)) return last;
    // A copy: a decoded message has room for all of its optional properties.
    const shared = Object.fromEntries(Object.entries(hello)) as Hello;
    if (shared.features !== undefined) Object.freeze(shared.features);
    this.#hello = Object.freeze(shared);
    this.#payload = payload.slice();
    return shared;
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
