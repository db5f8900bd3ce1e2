// How deep types may stand inside one another: everything that is made of a schema walks it down, and a stack has
// an end that no program can ask for.

import { refuse, type TypewireError } from "../errors.ts";

/**
 * Levels of types inside types as they are written down. `maxNesting` is at most 256, and a level of a message
 * takes about two of types.
 */
export const MOST_TYPE_LEVELS = 512;

/**
 * The same where the types of a module refer to one another: the longest way along the references before one comes
 * that was met. A module of 700 types that all refer to each other has ways of 2 100; at some 8 000 a stack is full.
 */
export const MOST_REFERRED_LEVELS = 4096;

/** The refusal of types inside what stands at `path`, of which there are more levels than `most`. */
export function tooDeep(path: string, most: number): TypewireError {
  return refuse(
    path,
    `types stand inside one another more than ${most} levels deep, and no message may be so deep; write a Type.Recursive, or a list whose items name what they belong to`,
  );
}
