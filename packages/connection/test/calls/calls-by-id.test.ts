// The open calls of one end, against a Map of the same.

import { describe, expect, test } from "bun:test";
import { SeededRandom } from "@typewire/testkit";

import { CallsById } from "../../src/calls/calls-by-id.ts";

describe("CallsById", () => {
  test("finds a call that stays open while a thousand come and go", () => {
    const open = new CallsById<{ readonly id: number }>();
    const lasting = { id: 3 };
    open.add(lasting);
    for (let id = 4; id < 1_000; id += 1) {
      open.add({ id });
      expect(open.get(3)).toBe(lasting);
      open.delete(id);
      expect(open.get(id)).toBeUndefined();
    }
    expect(open.all()).toEqual([lasting]);
    open.delete(3);
    expect([open.size, open.get(3)]).toEqual([0, undefined]);
  });

  test("tells ids apart that have their lowest bits, and more of them, in common", () => {
    const open = new CallsById<{ readonly id: number }>();
    const ids = [1, 1 + 2 ** 8, 1 + 2 ** 20, 1 + 2 ** 32, 1 + 2 ** 40, Number.MAX_SAFE_INTEGER];
    for (const id of ids) open.add({ id });
    expect(ids.map((id) => open.get(id)?.id)).toEqual(ids);
    expect(open.get(1 + 2 ** 33)).toBeUndefined();
    expect(open.all().map(({ id }) => id)).toEqual(ids);
    for (const id of ids) open.delete(id);
    expect(open.size).toBe(0);
  });

  test("is what a Map is, however many are open and in whatever order they end", () => {
    const random = new SeededRandom(7);
    const open = new CallsById<{ readonly id: number }>();
    const map = new Map<number, { readonly id: number }>();
    let lastId = 0;
    for (let step = 0; step < 20_000; step += 1) {
      const most = step % 4_000 < 2_000 ? 300 : 5;
      if (map.size < most && random.next() < 0.6) {
        const call = {
          id: (lastId += random.next() < 0.9 ? 1 : 1 + Math.floor(random.next() * 500)),
        };
        open.add(call);
        map.set(call.id, call);
      } else if (map.size > 0) {
        const ids = [...map.keys()];
        const id = ids[Math.floor(random.next() * ids.length)] ?? 0;
        expect(open.get(id)).toBe(map.get(id));
        open.delete(id);
        map.delete(id);
        expect(open.get(id)).toBeUndefined();
      }
      expect(open.size).toBe(map.size);
      if (step % 500 === 0) expect(open.all()).toEqual([...map.values()]);
    }
  });

  test("forgets all at once", () => {
    const open = new CallsById<{ readonly id: number }>();
    for (let id = 1; id <= 100; id += 1) open.add({ id });
    open.clear();
    expect([open.size, open.get(1), open.all()]).toEqual([0, undefined, []]);
    open.add({ id: 1 });
    expect(open.get(1)).toEqual({ id: 1 });
  });
});
