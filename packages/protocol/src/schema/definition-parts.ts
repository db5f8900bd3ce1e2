// The parts of a protocol's definition, before anything of them is read: programs without types, and casts, give
// other things. What stands in a part is judged where that part is read.

import { Kind } from "@sinclair/typebox";

import { appendPointer, refuse, TypewireError } from "../errors.ts";
import { describeKind, isMap } from "./describe-kind.ts";
import { isPrintable, shown } from "./names.ts";

const PARTS: ReadonlySet<string> = new Set([
  "name",
  "version",
  "server",
  "client",
  "calls",
  "auth",
]);

/** UTF-16 units. `$hello` carries the name, and has to fit into what any peer takes before it. */
const MOST_NAME_LENGTH = 255;

/** @throws TypewireError `protocol-invalid` where `definition` has other parts than a protocol, or none. */
export function assertDefinition(definition: unknown): void {
  const expected = "{ name, version, server, client }";
  if (!isMap(definition)) {
    throw invalid(`: expected ${expected}, got ${describeKind(definition)}`);
  }
  const parts = definition as Readonly<Record<string, unknown>>;
  const { name, version } = parts;
  if (typeof name !== "string" || name === "" || !name.isWellFormed()) {
    throw invalid(": it needs a name");
  }
  if (name.length > MOST_NAME_LENGTH) {
    throw invalid(
      `: expected a name of at most ${MOST_NAME_LENGTH} characters, got ${name.length}`,
    );
  }
  if (!isPrintable(name)) {
    throw invalid(
      `: the name ${shown(name)} has characters that break a line, drive a terminal or are not to be seen`,
    );
  }
  if (!Number.isSafeInteger(version)) {
    const got = typeof version === "number" ? version : describeKind(version);
    throw invalid(` "${name}": expected a whole number as version, got ${got}`);
  }
  for (const part of Object.keys(parts)) {
    if (PARTS.has(part)) continue;
    const known = [...PARTS].join(", ");
    throw refuse(appendPointer("", part), `a protocol has no such part; expected ${known}`);
  }
  for (const side of ["server", "client"]) {
    if (isNamed(parts[side])) continue;
    const path = appendPointer("", side);
    throw refuse(
      path,
      `expected the messages that the ${side} sends by their names, { name: Type.Object({ … }) }, or {} for none`,
    );
  }
}

/** Whether something has parts that are found by names that the program gave: an object, and no type by itself. */
export function isNamed(value: unknown): value is object {
  return isMap(value) && !(Kind in (value as object));
}

function invalid(reason: string): TypewireError {
  return new TypewireError("protocol-invalid", `Cannot define protocol${reason}`);
}
