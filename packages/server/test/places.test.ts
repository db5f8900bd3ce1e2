import { describe, expect, test } from "bun:test";

import { dividePlaces } from "../src/places.ts";

describe("dividePlaces", () => {
  test.each([
    [Infinity, undefined, 10_000, 2500, 64, 1024],
    [19_862, undefined, 10_000, 2500, 64, 1024],
    [886, undefined, 822, 205, 64, 0],
    [886, 5000, 822, 205, 64, 0],
    [886, 20, 20, 5, 64, 802],
    [886, 3, 3, 1, 64, 819],
    [46, undefined, 34, 8, 12, 0],
    [46, 30, 30, 7, 12, 4],
    [6, undefined, 4, 1, 2, 0],
    [2, undefined, 1, 1, 1, 0],
  ])("of %d sockets, %p connections asked for", (...row) => {
    const [sockets, requested, connections, unproven, refusals, spare] = row;
    expect(dividePlaces(sockets, requested)).toEqual({ connections, unproven, refusals, spare });
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
