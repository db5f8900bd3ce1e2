// What peers say of themselves is kept once, and is what each has said.

import { expect, test } from "bun:test";

import { HEADER_BYTES, type Hello } from "@typewire/protocol";
import { controlFrame } from "@typewire/protocol/internal";

import { PeerHellos } from "../../src/handshake/peer-hellos.ts";
import { clientHello, talk } from "../talk.ts";

const payloadOf = (hello: Hello): Uint8Array =>
  controlFrame(talk.client, hello).slice(HEADER_BYTES);

test("gives peers that say the same one hello, and another to one that does not", () => {
  const hellos = new PeerHellos();
  const said: Hello[] = [
    clientHello,
    { ...clientHello, maxFrameBytes: 300 },
    { ...clientHello, features: ["calls"] },
    { ...clientHello, features: ["calls", "gap"] },
  ];
  for (const hello of said) {
    const payload = payloadOf(hello);
    const first = hellos.share({ ...hello }, payload);
    const again = payload.slice();
    // It was on loan.
    payload.fill(0);
    expect(first).toEqual(hello);
    expect(hellos.share({ ...hello }, again)).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
    expect(Object.isFrozen(first.features ?? Object.freeze([]))).toBe(true);
  }
});
