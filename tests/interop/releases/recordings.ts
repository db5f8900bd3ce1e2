// Reading the recordings of older releases.

import { readdirSync } from "node:fs";
import { join } from "node:path";

import { type Scene } from "./stage.ts";
import { scenes } from "./scenes.ts";
import type { Recording } from "./transcript.ts";

const FIXTURES = join(import.meta.dir, "fixtures");

/** The versions that were recorded, the oldest first. */
export const recordedVersions: readonly string[] = readdirSync(FIXTURES).toSorted((a, b) =>
  Bun.semver.order(a, b),
);

/** All recordings of a version. */
export async function recordingsOf(version: string): Promise<readonly Recording[]> {
  const files = readdirSync(join(FIXTURES, version)).filter((name) => name !== "provenance.json");
  return Promise.all(
    files.map(async (name) => (await Bun.file(join(FIXTURES, version, name)).json()) as Recording),
  );
}

/** The scene that was recorded. */
export function sceneOf({ scene: name }: Recording): Scene {
  const scene = scenes.find((candidate) => candidate.name === name);
  if (scene === undefined) throw new Error(`There is no scene "${name}" any more`);
  return scene;
}
