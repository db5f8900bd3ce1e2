// Plays the scenes with an executable of an older release at one end and this one's at the other.
//
//     bun run test:releases VERSION FOLDER
//
// FOLDER holds the older `typewire-server` and `typewire-client`, VERSION is the recorded release that they
// are: they get the flags that it was recorded with. Exits 1 when an end says something else than then.

import { join } from "node:path";

import { executable } from "@typewire/testkit";

import { essenceOf } from "./essence.ts";
import { recordingsOf, sceneOf } from "./recordings.ts";
import { Stage } from "./stage.ts";
import type { End, Recording } from "./transcript.ts";

const [version = "", folder = ""] = process.argv.slice(2);
let failures = 0;
for (const recording of await recordingsOf(version)) {
  if (recording.server.player !== "executable" || recording.client.player !== "executable")
    continue;
  for (const older of ["server", "client"] as const) {
    const isSame = await saysTheSame(recording, older);
    if (!isSame) failures += 1;
    console.log(`${isSame ? "ok  " : "FAIL"} older ${older}: ${recording.scene}`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;

async function saysTheSame(recording: Recording, older: End): Promise<boolean> {
  const current = {
    server: { path: executable("server") },
    client: { path: executable("client") },
  };
  const path = join(folder, `typewire-${older}`);
  const cast = { ...current, [older]: { path, flags: recording[older].flags } };
  const again = await Stage.record(sceneOf(recording), cast);
  return (["server", "client"] as const).every((end) =>
    Bun.deepMatch({ said: essenceOf(recording, end) }, { said: essenceOf(again, end) }),
  );
}
