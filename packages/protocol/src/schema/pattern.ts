// Patterns as regular expressions. All of them are compiled with the flag `u`, as JSON Schema asks: `\p{L}`
// is a letter, and a code point is one character. The patterns that TypeBox writes for a template literal
// mean less than its type says, so they are widened.

import { Kind, type TSchema } from "@sinclair/typebox";

import { refuse } from "../errors.ts";

/** Stands in a template literal that our `Type` has made, with the pattern that its parts ask for. */
export const EXACT_PATTERN = Symbol("typewire: the pattern of a template literal");

const NUMBER = "(-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)";
const INTEGER = "(-?(?:0|[1-9][0-9]*)(?:(?:\\.[0-9]+)?e\\+[0-9]+)?)";
const BIG_INTEGER = "(0|-?[1-9][0-9]*)";
const TEXT = "([\\s\\S]*)";

/** What TypeBox 0.34 writes for a number of any kind, and for text, which stops at a line break. */
const WIDENED: readonly (readonly [narrow: string, wide: string])[] = [
  ["(0|[1-9][0-9]*)", NUMBER],
  ["(.*)", TEXT],
];

/** What a template literal matches. */
export function patternOfTemplate(schema: TSchema): string {
  const { [EXACT_PATTERN]: exact, pattern } = schema as {
    readonly [EXACT_PATTERN]?: unknown;
    readonly pattern?: unknown;
  };
  return typeof exact === "string" ? exact : widenTemplate(String(pattern));
}

/**
 * The pattern of a template literal whose `${number}` is any number that JSON can write, and whose
 * `${string}` is any text. TypeBox escapes what stands between them, so nothing else looks like these
 * parts. Big and whole numbers look like any other here; `patternOfParts` tells them apart.
 */
function widenTemplate(pattern: string): string {
  return WIDENED.reduce((text, [narrow, wide]) => text.replaceAll(narrow, () => wide), pattern);
}

/** The pattern of a template literal that is made of these types. */
export function patternOfParts(parts: readonly TSchema[]): string {
  const patternOfPart = (part: TSchema): string => {
    switch (part[Kind] as string) {
      case "Number":
        return NUMBER;
      case "Integer":
        return INTEGER;
      case "BigInt":
        return BIG_INTEGER;
      case "Boolean":
        return "(true|false)";
      case "Literal":
        return escape(String(part["const"]));
      case "TemplateLiteral":
        return patternOfTemplate(part).slice(1, -1);
      case "Union":
        return `(${(part["anyOf"] as readonly TSchema[]).map(patternOfPart).join("|")})`;
      default:
        return TEXT;
    }
  };
  return `^${parts.map(patternOfPart).join("")}$`;
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, (letter) => `\\${letter}`);
}

/**
 * The regular expression that `pattern`, written at `path`, stands for. `flags` are those of a
 * Type.RegExp, which keeps its own.
 *
 * @throws TypewireError `protocol-invalid` where it is none.
 */
export function compilePattern(pattern: string, path: string, flags = "u"): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const reason = error.message.replace(/^Invalid regular expression: /, "");
    const advice = flags === "u" && isPattern(pattern) ? `; ${WITHOUT_U}` : "";
    throw refuse(path, `this pattern is no regular expression with the flag u: ${reason}${advice}`);
  }
}

const WITHOUT_U =
  "without the flag it is one: escape only what has a meaning (_ and not \\_), or write Type.RegExp(/…/), which keeps its own flags";

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}
