import { describe, expect, test } from "bun:test";

import { dividePlaces } from "../src/places.ts";

describe("dividePlaces", () => {
  test.each([
    [Infinity, undefined, 10_000, 64],
    [19_862, undefined, 10_000, 64],
    [886, undefined, 822, 64],
    [886, 5000, 822, 64],
    [886, 5, 5, 64],
    [46, undefined, 34, 12],
    [6, undefined, 4, 2],
    [2, undefined, 1, 1],
  ])("of %d sockets, %p asked for: %d connections, %d refusals", (...row) => {
    const [sockets, requested, connections, refusals] = row;
    expect(dividePlaces(sockets, requested)).toEqual({ connections, refusals });
  });

  test.each([0, 1])("does not listen with %d sockets", (sockets) => {
    expect(() => dividePlaces(sockets)).toThrow(
      expect.objectContaining({
        code: "listen-failed",
        message: expect.stringContaining("ulimit"),
      }),
    );
  });
});
