// What the value of an option may be: a check, and the words of the error that it fails with. Each table of
// options is made of these, a row for each option.

import { MAX_TIMER_MS } from "./longest-timer.ts";

/** What an option may be; where it is absent or undefined, nothing is checked. */
export interface OptionCheck {
  /** Completes "expected …". */
  readonly expected: string;
  readonly allows: (value: unknown) => boolean;
}

/** A row for each option. */
export type OptionChecks<Name extends PropertyKey = string> = Readonly<Record<Name, OptionCheck>>;

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

const has = (value: unknown, ...methods: readonly string[]): boolean =>
  isObject(value) && methods.every((name) => typeof Reflect.get(value, name) === "function");

/** An object that was written as one: no list, no instance of a class, whose properties would be overlooked. */
export function isPlainObject(value: unknown): value is object {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export const aFunction: OptionCheck = {
  expected: "a function",
  allows: (value) => typeof value === "function",
};

export const yesOrNo: OptionCheck = {
  expected: "true or false",
  allows: (value) => typeof value === "boolean",
};

export const aText: OptionCheck = {
  expected: "a text",
  allows: (value) => typeof value === "string",
};

/** What is handed to the operating system: a NUL would end it there. */
export function aName(expected: string): OptionCheck {
  return {
    expected,
    allows: (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
  };
}

export const aPlainObject: OptionCheck = { expected: "an object", allows: isPlainObject };

export const objects: OptionCheck = {
  expected: "an array of objects",
  allows: (value) => Array.isArray(value) && value.every(isObject),
};

export const functions: OptionCheck = {
  expected: "an array of functions",
  allows: (value) => Array.isArray(value) && value.every((each) => typeof each === "function"),
};

export const positiveInteger: OptionCheck = {
  expected: "a positive integer",
  allows: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};

export const aClock: OptionCheck = {
  expected: "an object with the methods now and after",
  allows: (value) => has(value, "now", "after"),
};

export const aSignal: OptionCheck = {
  expected: "an AbortSignal",
  allows: (value) =>
    has(value, "addEventListener", "removeEventListener") &&
    typeof Reflect.get(value as object, "aborted") === "boolean",
};

/** A duration that timers take. */
export function milliseconds(leastMs: number): OptionCheck {
  return {
    expected: `milliseconds from ${leastMs} to ${MAX_TIMER_MS}`,
    allows: (value) => typeof value === "number" && value >= leastMs && value <= MAX_TIMER_MS,
  };
}

export const wholeMilliseconds: OptionCheck = {
  expected: `whole milliseconds from 0 to ${MAX_TIMER_MS}`,
  allows: (value) => Number.isInteger(value) && milliseconds(0).allows(value),
};

/** One of these texts. */
export function oneOf(...values: readonly string[]): OptionCheck {
  return {
    expected: values.map((value) => `"${value}"`).join(" or "),
    allows: (value) => typeof value === "string" && values.includes(value),
  };
}

/** What either of them allows. */
export function either(one: OptionCheck, other: OptionCheck): OptionCheck {
  return {
    expected: `${one.expected} or ${other.expected}`,
    allows: (value) => one.allows(value) || other.allows(value),
  };
}

/** One value and no other. */
export function only(literal: boolean): OptionCheck {
  return { expected: String(literal), allows: (value) => value === literal };
}
