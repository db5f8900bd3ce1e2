// A fault before it is an error: where it stands, what was expected and what came. Of the faults that a value
// has under the members of a union, the one that is told is found here, and so is what a union expects.

import { schemaMismatch, type TypewireError } from "../errors.ts";
import { resolveShape, type Shape, unionMembers, type UnionShape } from "./shape.ts";

/** What is wrong with a value, or with a part of it. */
export interface Fault {
  /** JSON Pointer to what is wrong. */
  readonly path: string;
  readonly expected: string;
  readonly received: string;
  /** How a property is wrong as such; a value may be of another member then. */
  readonly property?: "missing" | "out of place";
}

export function toError({ path, expected, received }: Fault): TypewireError {
  return schemaMismatch(path, expected, received);
}

/** Up to so many are listed. */
const LISTED = 8;

/** `"a", "b" or 3`, each once. */
export function anyOf(words: readonly string[]): string {
  const distinct = [...new Set(words)];
  if (distinct.length > LISTED) return `one of ${distinct.slice(0, LISTED).join(", ")}, …`;
  const last = distinct.pop() ?? "nothing";
  return distinct.length === 0 ? last : `${distinct.join(", ")} or ${last}`;
}

/** `"a", "b" or 3`, from the schema. */
export function anyOfLiterals(literals: Iterable<unknown>): string {
  return anyOf(Array.from(literals, (each) => JSON.stringify(each)));
}

/** What the members of a union are, in a word each. `isNumber` says that the value is a number of JavaScript's. */
export function kindsExpected(shape: UnionShape, isNumber: boolean): string {
  const words = unionMembers(shape).map((member) => wordOf(member.shape, isNumber));
  return anyOf(words.filter((word) => word !== undefined));
}

function wordOf(shape: Shape, isNumber: boolean): string | undefined {
  const resolved = resolveShape(shape);
  if (resolved === undefined) return undefined;
  switch (resolved.kind) {
    case "never":
      return undefined;
    case "literal":
      return JSON.stringify(resolved.value);
    case "array":
    case "tuple":
      return "list";
    case "object":
      return "map";
    case "any":
      return "a value that is not excluded";
    case "bigint":
      return isNumber ? "a bigint, such as 1n" : "integer of at most 64 bits";
    default:
      return resolved.kind;
  }
}

/**
 * The fault to tell of those that a value at `path` has under the members of a union, of which there is one at
 * least: the deepest, since the value fits that member furthest.
 */
export function nearestFault(faults: readonly Fault[], path: string): Fault | undefined {
  const nearest = greatest(greatest(greatest(faults, depthOf), weightOf), lastIndexOf);
  const [first] = nearest;
  if (first === undefined || nearest.length === 1) return first;
  if (nearest.every((fault) => fault.path === first.path)) {
    return { ...first, expected: anyOf(nearest.map((fault) => fault.expected)) };
  }
  if (first.property !== "missing") return first;
  const names = nearest.map((fault) => `${JSON.stringify(lastName(fault.path))}`);
  return { path, expected: `map with ${anyOf(names)}`, received: "map without" };
}

function greatest(faults: readonly Fault[], measure: (fault: Fault) => number): readonly Fault[] {
  const most = faults.reduce((best, fault) => Math.max(best, measure(fault)), -Infinity);
  return faults.filter((fault) => measure(fault) === most);
}

function depthOf({ path }: Fault): number {
  return path.split("/").length;
}

/** A property of a wrong type says more of what was meant than one that is not there. */
function weightOf({ property }: Fault): number {
  if (property === undefined) return 2;
  return property === "out of place" ? 1 : 0;
}

/** Of two lists the one whose first items fit. */
function lastIndexOf({ path }: Fault): number {
  const index = Number(lastName(path));
  return Number.isInteger(index) ? index : -1;
}

function lastName(path: string): string {
  return path
    .slice(path.lastIndexOf("/") + 1)
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");
}
