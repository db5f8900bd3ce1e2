import { expect } from "bun:test";

import { type ErrorCode, TypewireError } from "../../src/errors.ts";

/** The TypewireError that `run` throws; fails where it throws anything else, or nothing. */
export function errorOf(run: () => unknown): TypewireError {
  try {
    run();
  } catch (error) {
    if (error instanceof TypewireError) return error;
    throw new Error(`expected a TypewireError, got ${String(error)}`, { cause: error });
  }
  throw new Error("expected a TypewireError, got no error");
}

/** Expects `run` to throw a TypewireError of this code, and where given with this path or this whole message. */
export function expectError(
  run: () => unknown,
  code: ErrorCode,
  { path, message }: { readonly path?: string; readonly message?: string } = {},
): void {
  const error = errorOf(run);
  expect({ code: error.code, message: error.message }).toEqual({
    code,
    message: message ?? error.message,
  });
  if (path !== undefined) expect(error.path).toBe(path);
}

/** What came of `run`: its value, or the code of the TypewireError it threw. */
export function outcomeOf(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    if (error instanceof TypewireError) return error.code;
    throw error;
  }
}
