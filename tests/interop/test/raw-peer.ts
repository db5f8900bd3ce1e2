// What the tests of raw peers ask of a scripted one: bytes in hex, and what comes in CBOR's own notation.

import { toDiagnostic } from "@typewire/protocol/internal";
import { ScriptedPeer } from "@typewire/testkit";

/** Connects to a server under test. */
export function connectRaw(port: number): Promise<ScriptedPeer> {
  return ScriptedPeer.connect({ port });
}

/** Sends hex as it stands; spaces in it mean nothing. */
export async function sendHex(peer: ScriptedPeer, hex: string): Promise<void> {
  await peer.send(new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex")));
}

/** The notation of the next message that matches; those before it are passed over. */
export async function heard(peer: ScriptedPeer, pattern: RegExp): Promise<string> {
  return toDiagnostic(await peer.next((payload) => pattern.test(toDiagnostic(payload))));
}

/** Waits for the other side's end, which has to come in order, and ends this one, so that the other side does not linger. */
export async function endTogether(peer: ScriptedPeer): Promise<void> {
  const how = await peer.ended;
  if (how !== "end") throw new Error("The other side was reset");
  peer.shutdown();
}
