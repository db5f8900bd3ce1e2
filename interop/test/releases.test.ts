// Older peers go on: what earlier releases put on the wire is read as it was meant, and each of their ends,
// played from its recording, has the same conversation with what the sources make today.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { FrameReader } from "@typewire/protocol";
import { toDiagnostic } from "@typewire/protocol/internal";
import { executable } from "@typewire/testkit";

import { essenceOf } from "../releases/essence.ts";
import { recordedVersions, recordingsOf, sceneOf } from "../releases/recordings.ts";
import { type Replayed, Stage } from "../releases/stage.ts";
import {
  decodeFrom,
  type End,
  type FrameEntry,
  fromHex,
  type Recording,
  toJsonValue,
} from "../releases/transcript.ts";

setDefaultTimeout(30_000);

const ENDS = ["server", "client"] as const;

/** Every kind of frame that the first release sends, by its end: the type, and the code of an error. */
const kindsOfFirstRelease: Readonly<Record<End, readonly string[]>> = {
  server: [
    "$hello",
    "$hello with nonce",
    "$proof",
    "$ping",
    "$pong",
    "$bye",
    "$bye with retryAfterMs",
    "welcome",
    "greeting",
    "said",
    "header-invalid",
    "frame-empty",
    "frame-too-large",
    "frame-truncated",
    "frame-timeout",
    "cbor-malformed",
    "cbor-unsupported",
    "cbor-limit",
    "schema-mismatch",
    "unknown-type",
    "too-many-errors",
    "protocol-mismatch",
    "hello-required",
    "hello-timeout",
    "auth-required",
    "auth-failed",
    "too-many-connections",
    "internal",
  ],
  client: [
    "$hello",
    "$hello with nonce",
    "$proof",
    "$ping",
    "$pong",
    "$bye",
    "say",
    "header-invalid",
    "frame-empty",
    "frame-too-large",
    "frame-truncated",
    "cbor-malformed",
    "cbor-unsupported",
    "cbor-limit",
    "schema-mismatch",
    "unknown-type",
    "too-many-errors",
    "protocol-mismatch",
    "auth-required",
    "auth-failed",
    "internal",
  ],
};

test("the first release was recorded whole", async () => {
  expect(recordedVersions[0]).toBe("0.1.0");
  for (const end of ENDS) {
    const kinds = new Set((await recordingsOf("0.1.0")).flatMap((one) => kindsIn(one, end)));
    expect([...kinds].toSorted()).toEqual([...kindsOfFirstRelease[end]].toSorted());
  }
});

for (const version of recordedVersions) {
  const recordings = await recordingsOf(version);

  describe(`release ${version}`, () => {
    test.each(recordings)("is read as it was meant: $scene", (recording) => {
      const frames = ENDS.flatMap((end) => framesIn(recording, end));
      expect(frames.length).toBeGreaterThan(0);
      for (const { from, frame, says, value } of frames) {
        const payloads: Uint8Array[] = [];
        new FrameReader().push(fromHex(frame), (bytes, start, end) =>
          payloads.push(bytes.slice(start, end)),
        );
        expect(payloads.map((payload) => toDiagnostic(payload))).toEqual([says]);
        expect(payloads.map((payload) => toJsonValue(decodeFrom(from, payload)))).toEqual([value]);
      }
    });

    test.each(recordings.filter((one) => !isScripted(one)))(
      "its client is served as it was: $scene",
      async (recording) => {
        await expectTheSame(recording, "server", { end: "client", recording });
      },
    );

    test.each(recordings.filter((one) => !isScripted(one)))(
      "its server has what it had of a client: $scene",
      async (recording) => {
        await expectTheSame(recording, "client", { end: "server", recording });
      },
    );

    test.each(recordings.filter(isScripted))(
      "scripts hear what they heard: $scene",
      async (recording) => {
        await expectTheSame(recording, recording.server.player === "script" ? "client" : "server");
      },
    );
  });
}

/** Plays the scene again; what `end` says now has all that it said then, and no other messages. */
async function expectTheSame(recording: Recording, end: End, replayed?: Replayed): Promise<void> {
  const executables = {
    server: { path: executable("server") },
    client: { path: executable("client") },
  };
  const again = await Stage.record(sceneOf(recording), executables, replayed);
  expect(essenceOf(again, end)).toMatchObject(essenceOf(recording, end));
}

function isScripted({ server, client }: Recording): boolean {
  return server.player === "script" || client.player === "script";
}

function framesIn({ connections }: Recording, end: End): readonly FrameEntry[] {
  return connections
    .flat()
    .filter((entry): entry is FrameEntry => entry.from === end && "frame" in entry);
}

function kindsIn(recording: Recording, end: End): readonly string[] {
  return framesIn(recording, end).map(({ value }) => {
    const { type, code, ...fields } = value as Record<string, unknown>;
    if (type === "$error") return String(code);
    const told = ["nonce", "retryAfterMs"].find((field) => field in fields);
    return told === undefined ? String(type) : `${String(type)} with ${told}`;
  });
}
