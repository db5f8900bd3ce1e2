// The names that a protocol gives to what travels: they stand in frames of the least size, in one line of a log, and
// in what a program compares.

import { utf8Length } from "../cbor/host-text.ts";
import { refuse } from "../errors.ts";
import { beginningOf } from "../excerpt.ts";
import { replaceUnprintable } from "../unprintable.ts";

/**
 * Bytes of UTF-8 of the name of a message or call, and of the code of a declared error. A frame of 256 bytes, the
 * least that `maxFrameBytes` can be, takes them with the rest of a `$call` without input, or of a `$result`.
 */
export const MOST_NAME_BYTES = 180;

/** What a refusal shows of a name, in UTF-16 units. */
const SHOWN_UNITS = 40;

/**
 * Asks of a name, which is well-formed and not empty, what it needs to be spoken. `path` is where it stands with
 * others of its kind, `what` is said for what it names: "a message".
 *
 * @throws TypewireError `protocol-invalid` with the beginning of the name, and the bound.
 */
export function assertSpoken(name: string, path: string, what: string): void {
  const bytes = utf8Length(name);
  if (bytes > MOST_NAME_BYTES) {
    throw refuse(
      path,
      `${shown(name)} cannot name ${what}: it takes ${bytes} bytes of UTF-8, at most ${MOST_NAME_BYTES} fit into every frame`,
    );
  }
  if (isPrintable(name)) return;
  throw refuse(
    path,
    `${shown(name)} cannot name ${what}: it has characters that break a line, drive a terminal or are not to be seen`,
  );
}

/** Whether a log line shows `name` as it is. */
export function isPrintable(name: string): boolean {
  return replaceUnprintable(name, () => "") === name;
}

/** The beginning of a name, in quotes and on one line. */
export function shown(name: string): string {
  const beginning = beginningOf(name, SHOWN_UNITS);
  const quoted = JSON.stringify(replaceUnprintable(beginning.toWellFormed(), () => "\ufffd"));
  return beginning === name ? quoted : `${quoted.slice(0, -1)}…"`;
}
