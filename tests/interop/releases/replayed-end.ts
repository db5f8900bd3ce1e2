// An end of an older release, played from its recording: it sends what was recorded, byte for byte, each
// frame once the frames before it have come from the other end. Proofs of a shared secret are made anew,
// because they depend on the other end's nonce.

import { createHmac } from "node:crypto";

import { encodeHeader } from "@typewire/protocol";
import { concatenate, type ScriptedPeer } from "@typewire/testkit";

import { decodeFrom, type End, type Entry, fromHex, typeOf } from "./transcript.ts";

type Hellos = Partial<Record<End, Uint8Array>>;

/** Plays `end` of a recorded connection over `peer`; resolves once all of it was sent and has come. */
export async function replay(
  end: End,
  entries: readonly Entry[],
  peer: ScriptedPeer,
  secret: string,
): Promise<void> {
  const hellos: Hellos = {};
  const other = end === "server" ? "client" : "server";
  for (const entry of entries) {
    const type = typeOf(entry);
    if (entry.from !== end) {
      if (type === undefined) continue;
      const payload = await peer.next((candidate) => decodeFrom(other, candidate).type === type);
      if (type === "$hello") {
        hellos[other] = concatenate([encodeHeader(payload.length), payload]);
      }
    } else if ("frame" in entry) {
      const frame = fromHex(entry.frame);
      if (type === "$hello") hellos[end] = frame;
      await peer.send(type === "$proof" ? withProof(frame, end, secret, hellos) : frame);
    } else if ("ends" in entry) {
      if (entry.ends === "in order") peer.shutdown();
      else peer.reset();
    }
  }
}

/** The frame of a `$proof`, whose code stands at its end, with the code of these hellos. */
function withProof(frame: Uint8Array, prover: End, secret: string, hellos: Hellos): Uint8Array {
  const { client = new Uint8Array(), server = new Uint8Array() } = hellos;
  const label = `typewire secret 1: ${prover}\n`;
  const code = createHmac("sha256", secret).update(label).update(client).update(server).digest();
  return concatenate([frame.subarray(0, -code.length), code]);
}
