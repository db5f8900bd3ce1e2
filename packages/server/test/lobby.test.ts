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
