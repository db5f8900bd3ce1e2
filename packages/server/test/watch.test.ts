// Who watches a server, and what a server does that is not watched.

import { expect, test } from "bun:test";

import { saludo } from "@typewire/protocol/saludo";

import type { ServerWatcher } from "../src/index.ts";
import { connected } from "./support/connected.ts";

class Watcher implements ServerWatcher {
  readonly heard: string[] = [];
  opened = ({ name }: { name: string }): void => void this.heard.push(`opened ${name}`);
  closed = ({ name }: { name: string }, { code }: { code: string }): void =>
    void this.heard.push(`closed ${name} ${code}`);
  turnedAway = (name: string, by: string): void => void this.heard.push(`away ${name} ${by}`);
  gap = (): void => {};
  backplane = (): void => {};
  busAnswered = (): void => {};
  handled = (name: string, elapsedMs: number): void =>
    void this.heard.push(`handled ${name} ${elapsedMs}`);
}

const say = saludo.client.encodeFrame({ type: "say", text: "x" });

test("is told of what comes after it, and of one run in 64 of each handler", async () => {
  let ran = 0;
  const { server, sockets, connections } = connected(2, {}, { say: () => void (ran += 1) });
  sockets[0]?.events?.receive(say);
  const watcher = new Watcher();
  const watch = server.watch(watcher);
  for (let turn = 0; turn < 129; turn += 1) sockets[0]?.events?.receive(say);
  expect(watcher.heard).toEqual(["handled say 0", "handled say 0", "handled say 0"]);
  sockets[0]?.events?.receive(say);
  watch.timeNext();
  sockets[0]?.events?.receive(say);
  sockets[0]?.events?.receive(say);
  expect(watcher.heard).toHaveLength(4);
  expect(ran).toBe(133);
  connections[1]?.destroy("internal", "for a test");
  expect(watcher.heard.slice(4)).toEqual(["closed peer 1 internal"]);
  const { receivedByType, handlersInFlight, turnedAwayBy } = watch.figures();
  expect(receivedByType).toEqual({ say: 133 });
  expect(handlersInFlight).toBe(0);
  expect(turnedAwayBy).toEqual({ maxConnections: 0, maxConnectionsPerAddress: 0, descriptors: 0 });
  expect(watch.protocol).toMatchObject({ name: "saludo", fingerprint: saludo.fingerprint });
  server.stop();
});

test("times a handler until its promise settles, and asks a thenable once", async () => {
  const { server, sockets, clock } = connected(1, {}, { say: () => slow });
  let asked = 0;
  let done = (): void => {};
  const slow = {
    // oxlint-disable-next-line unicorn/no-thenable -- what libraries return
    then(resolve: () => void) {
      asked += 1;
      done = resolve;
    },
  };
  const watcher = new Watcher();
  server.watch(watcher);
  sockets[0]?.events?.receive(say);
  await Promise.resolve();
  expect(watcher.heard).toEqual([]);
  clock.advance(30);
  done();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  expect(watcher.heard).toEqual(["handled say 30"]);
  expect(asked).toBe(1);
  server.stop();
});

test("hears of a handler that throws, whose connection ends as ever", () => {
  const { server, sockets, connections } = connected(
    1,
    {},
    {
      say() {
        throw new Error("for a test");
      },
    },
  );
  const watcher = new Watcher();
  server.watch(watcher);
  sockets[0]?.events?.receive(say);
  expect(watcher.heard).toEqual(["handled say 0"]);
  expect(connections[0]?.closeReason?.code).toBe("internal");
  server.stop();
});
