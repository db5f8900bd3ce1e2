import { describe, expect, test } from "bun:test";

import { FakeClock } from "@typewire/testkit";

import { Lobby, PRESSED_DEADLINE_MS } from "../src/lobby.ts";

/** A lobby of `places`, with `spare` more for a moment, and the peers that it has cut. */
function lobbyOf(places: number, spare = 0) {
  const clock = new FakeClock();
  const cut: string[] = [];
  let taken = 0;
  const lobby: Lobby<string> = new Lobby({
    clock,
    excess: () => lobby.size + taken - places,
    spare: () => spare,
    cut: (peer) => cut.push(peer),
  });
  const take = (): void => {
    taken += 1;
    lobby.settle();
  };
  return { clock, cut, lobby, take };
}

describe("Lobby", () => {
  test("cuts no peer while there are places, however long they stay", () => {
    const { clock, cut, lobby } = lobbyOf(2);
    lobby.enter("a");
    lobby.enter("b");
    clock.advance(100 * PRESSED_DEADLINE_MS);
    expect(cut).toEqual([]);
    expect(lobby.size).toBe(2);
  });

  test("without spare sockets the oldest makes room for the newest at once", () => {
    const { cut, lobby } = lobbyOf(2);
    for (const peer of ["a", "b", "c", "d"]) lobby.enter(peer);
    expect(cut).toEqual(["a", "b"]);
    expect(lobby.size).toBe(2);
  });

  test("with spare sockets those above the places stay for a moment, the oldest for the shortest", () => {
    const { clock, cut, lobby } = lobbyOf(1, 2);
    lobby.enter("a");
    clock.advance(400);
    lobby.enter("b");
    lobby.enter("c");
    expect(cut).toEqual([]);
    clock.advance(PRESSED_DEADLINE_MS - 401);
    expect(cut).toEqual([]);
    clock.advance(1);
    expect(cut).toEqual(["a"]);
    clock.advance(400);
    expect(cut).toEqual(["a", "b"]);
    clock.advance(100 * PRESSED_DEADLINE_MS);
    expect(cut).toEqual(["a", "b"]);
  });

  test("one over the spare sockets costs the oldest", () => {
    const { cut, lobby } = lobbyOf(1, 2);
    for (const peer of ["a", "b", "c", "d"]) lobby.enter(peer);
    expect(cut).toEqual(["a"]);
  });

  test("a peer that leaves is not cut, and makes room for the others", () => {
    const { clock, cut, lobby } = lobbyOf(1, 2);
    for (const peer of ["a", "b"]) lobby.enter(peer);
    expect(lobby.leave("a")).toBe(true);
    expect(lobby.leave("a")).toBe(false);
    clock.advance(100 * PRESSED_DEADLINE_MS);
    expect(cut).toEqual([]);
  });

  test("those that are judged make room for none that comes later, and their newest goes first", () => {
    const { clock, cut, lobby } = lobbyOf(2, 2);
    for (const peer of ["a", "b", "c"]) {
      lobby.enter(peer);
      lobby.judging(peer);
    }
    lobby.enter("d");
    clock.advance(PRESSED_DEADLINE_MS - 1);
    expect(cut).toEqual([]);
    clock.advance(1);
    expect(cut).toEqual(["d", "c"]);
    clock.advance(100 * PRESSED_DEADLINE_MS);
    for (const peer of ["e", "f", "g"]) lobby.enter(peer);
    expect(cut).toEqual(["d", "c", "e"]);
    expect([lobby.leave("a"), lobby.leave("c"), lobby.size]).toEqual([true, false, 3]);
  });

  test("goes on while others come again and again, however slowly it judges", () => {
    const { clock, cut, lobby } = lobbyOf(2, 2);
    for (const peer of ["a", "b"]) {
      lobby.enter(peer);
      lobby.judging(peer);
    }
    for (let count = 0; count < 100; count += 1) {
      lobby.enter(`later ${count}`);
      if (count % 2 === 0) lobby.judging(`later ${count}`);
      clock.advance(100);
      expect(lobby.size).toBeLessThanOrEqual(4);
    }
    expect(cut).not.toContain("a");
    expect(cut).not.toContain("b");
    clock.advance(PRESSED_DEADLINE_MS);
    expect(lobby.size).toBe(2);
  });

  test("heeds places that are taken elsewhere", () => {
    const { cut, lobby, take } = lobbyOf(2);
    lobby.enter("a");
    lobby.enter("b");
    take();
    expect(cut).toEqual(["a"]);
  });

  test("may be left from within a cut", () => {
    const clock = new FakeClock();
    const lobby: Lobby<string> = new Lobby({
      clock,
      excess: () => lobby.size - 1,
      spare: () => 0,
      cut: (peer) => lobby.leave(peer),
    });
    for (const peer of ["a", "b", "c"]) lobby.enter(peer);
    expect(lobby.size).toBe(1);
  });
});
