// One row of the fault list as a test. Its name begins with the id: `F1 a length of 0`.

import { afterAll, expect, test } from "bun:test";

import { awaiting } from "./awaiting.ts";
import { isTenfold } from "./tenfold.ts";

const DEFAULT_ROW_MS = 30_000;

/** The most that a row takes longer where it is repeated. */
const TENFOLD_FACTOR = 20;

/** Registers a row. One that stands in `awaiting` has to fail. */
export function row(name: string, body: () => Promise<void>, waitMs = DEFAULT_ROW_MS): void {
  known.add(name);
  const reason = awaiting[name];
  test(
    name,
    reason === undefined ? body : () => expectToFail(name, body),
    isTenfold ? waitMs * TENFOLD_FACTOR : waitMs,
  );
}

/** Checks, after the rows of a file, that every awaited row with these letters exists. */
export function rowsEnd(letter: string): void {
  afterAll(() => {
    const strays = Object.keys(awaiting).filter(
      (name) => name.startsWith(letter) && !known.has(name),
    );
    expect(strays).toEqual([]);
  });
}

const known = new Set<string>();

async function expectToFail(name: string, body: () => Promise<void>): Promise<void> {
  const failure = await body().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure === undefined) throw new Error(`"${name}" passes: take it off awaiting.ts`);
}
