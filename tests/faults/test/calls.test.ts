// K: peers that misuse calls and streams, at a server that answers both, with clients beside them that call too.

import { afterAll, beforeAll, describe, expect } from "bun:test";

import { pickSeed, SeededRandom } from "@typewire/testkit";

import { Arena, type RunningServer } from "../src/arena.ts";
import { expectOneReason } from "../src/byte-rows.ts";

import { RawCaller, type Said } from "../src/calls/raw-caller.ts";
import { concat, frame, head, hello, hex, map, message, text } from "../src/cbor.ts";

import { row, rowsEnd } from "../src/row.ts";
import { until } from "../src/until.ts";

const MIB = 1024 ** 2;
const isLong = process.env["TYPEWIRE_LONG"] !== undefined;
const MOST_BYTES = Number.MAX_SAFE_INTEGER;

/** What the handlers of the server have done. */
async function stateOf({ port }: { readonly port: number }) {
  using asker = await RawCaller.connect(port);
  await asker.send({ type: "$call", call: "state", id: 1 });
  const { output } = await asker.result(1);
  return output as {
    readonly napping: number;
    readonly mostNapping: number;
    readonly poured: number;
    readonly summed: number;
    readonly lateMs: number;
    readonly inFlight: number;
  };
}

/** Waits until no call is under way but the one that asks. */
async function untilAtRest(server: { readonly port: number }): Promise<void> {
  let state = await stateOf(server);
  for (let tries = 0; tries < 100 && state.inFlight > 1; tries += 1) {
    await Bun.sleep(20);
    state = await stateOf(server);
  }
  expect(state).toMatchObject({ inFlight: 1, napping: 0 });
}

/** What the log says of handlers that failed on the connection of this name. */
function failuresOf({ log }: RunningServer | Arena, name: string): readonly string[] {
  return log.lines
    .filter(({ event, connection }) => event === "handler-failed" && connection === name)
    .map(({ error }) => String(error));
}

/** A message of a call with any value as its field `field`. */
function odd(type: string, id: Uint8Array, field?: string, value?: Uint8Array): Uint8Array {
  const fields = field === undefined || value === undefined ? [] : [text(field), value];
  return frame(message(type, text("id"), id, ...fields));
}

/**
 * So many random frames of calls: those that are calls of the protocol, those that do not fit, and whatever else one may
 * say of an id that was used, in any order.
 */
function randomFrames(caller: RawCaller, random: SeededRandom, count: number): Uint8Array[] {
  const any = <Value>(...values: readonly [Value, ...Value[]]): Value =>
    values[random.integer(0, values.length - 1)] ?? values[0];
  let last = 0;
  return Array.from({ length: count }, () => {
    if (last === 0 || random.next() < 0.4) {
      last += random.integer(1, 2);
      const id = last;
      const timeoutMs = any(0, 1, 50);
      if (random.next() < 0.2)
        return odd("$call", head("unsigned", id), "call", text(any("echo", "no")));
      return caller.frames(
        any<Said>(
          { type: "$call", call: "echo", id, input: 1 },
          { type: "$call", call: "nap", id, timeoutMs, input: 5 },
          { type: "$call", call: "list", id },
          { type: "$call", call: "count", id, timeoutMs, input: any(0, 7, 20_000) },
          { type: "$call", call: "sum", id, timeoutMs },
          { type: "$call", call: "ignore", id },
          { type: "$call", call: "tail", id },
        ),
      );
    }
    const id = head("unsigned", random.integer(1, last));
    const item = any(
      ONE,
      text("unfit"),
      map(),
      concat(head("bytes", 40_000), new Uint8Array(40_000)),
    );
    const type = any("$item", "$item", "$end", "$cancel", "$credit", "$result", "$later");
    if (type === "$item") return odd(type, id, "item", item);
    return odd(type, id, "bytes", head("unsigned", any(1, 65_536, 2 ** 31)));
  });
}

const ONE = head("unsigned", 1);
/** 2^53, 2^64 − 1, and both below zero. */
const HUGE = [
  "1b 0020000000000000",
  "1b ffffffffffffffff",
  "3b 0020000000000000",
  "3b ffffffffffffffff",
];

describe("a server with calls", () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open({ calls: true });
  }, 60_000);
  afterAll(() => arena[Symbol.asyncDispose]());

  row(
    "K1 calls that are opened and cancelled at once never run more handlers than there are slots",
    () =>
      arena.withstand(async () => {
        const times = isLong ? 100_000 : 6_000;
        using blind = await RawCaller.connect(arena.port);
        const pairs: Said[] = [];
        for (let id = 1; id <= times; id += 1) {
          pairs.push({ type: "$call", call: "nap", id, input: 60_000 }, { type: "$cancel", id });
        }
        void blind.peer.send(blind.frames(...pairs));
        await blind.next("$error");
        await blind.leave();
        await expectOneReason(arena, blind.name, "too-many-errors");
        using paced = await RawCaller.connect(arena.port);
        for (let id = 1; id <= times; id += 200) {
          const batch = pairs.slice(2 * (id - 1), 2 * (id + 199));
          await paced.peer.send(paced.frames(...batch));
          await paced.settle();
        }
        await paced.leave();
        await expectOneReason(arena, paced.name, "peer-closed");
        expect(failuresOf(arena, paced.name)).toEqual([]);
        const { mostNapping } = await stateOf(arena);
        // Of the two at once, and of each try.
        expect(mostNapping).toBeLessThanOrEqual(512);
        await untilAtRest(arena);
      }),
    60_000,
  );

  row("K1 streams that are opened and cancelled at once hold up no other, and leave nothing", () =>
    arena.withstand(async () => {
      for (const call of ["list", "count"] as const) {
        using peer = await RawCaller.connect(arena.port);
        for (let batch = 0; batch < 100; batch += 1) {
          const pairs = Array.from({ length: 50 }, (_, index) => 50 * batch + index + 1);
          const frames = pairs.flatMap((id) => [
            call === "list"
              ? ({ type: "$call", call, id } as const)
              : ({ type: "$call", call, id, input: 1000 } as const),
            { type: "$cancel", id } as const,
          ]);
          await peer.send(...frames);
          await peer.settle();
        }
        const startedAtMs = performance.now();
        await peer.send({ type: "$call", call: "list", id: 5001 });
        await peer.result(5001);
        expect(performance.now() - startedAtMs).toBeLessThan(500);
        await peer.leave();
        await expectOneReason(arena, peer.name, "peer-closed");
      }
      await untilAtRest(arena);
    }),
  );

  row("K2 ids that repeat, go back or are no ids belong to no call", () =>
    arena.withstand(async () => {
      using peer = await RawCaller.connect(arena.port);
      await peer.send({ type: "$call", call: "nap", id: 7, input: 60_000 });
      for (const id of [7, 6, 0, -1, -MOST_BYTES]) {
        await peer.send({ type: "$call", call: "echo", id, input: 5 });
      }
      const refused = await peer.next("$error");
      expect(refused).toMatchObject({ code: "schema-mismatch", path: "/id", of: "$call" });
      await peer.settle();
      expect(peer.heard("$result")).toEqual([]);
      // Late, and of nobody: dropped, and the call goes on.
      await peer.send({ type: "$cancel", id: 3 }, { type: "$end", id: 7 }, { type: "$end", id: 1 });
      await peer.settle();
      expect(peer.heard("$result")).toEqual([]);
      expect(peer.heard("$error")).toHaveLength(5);
      await peer.send({ type: "$call", call: "echo", id: MOST_BYTES, input: 5 });
      expect(await peer.result(MOST_BYTES)).toMatchObject({ output: 5 });
      await peer.send({ type: "$cancel", id: 7 });
      expect(await peer.result(7)).toMatchObject({ error: { code: "cancelled" } });
      using other = await RawCaller.connect(arena.port);
      for (const digits of HUGE) {
        const id = hex(digits);
        await other.peer.send(odd("$call", id, "call", text("hang")));
        await other.peer.send(odd("$cancel", id));
      }
      await other.settle();
      expect(other.heard("$error").map(({ code }) => code)).toEqual(
        Array.from({ length: 8 }, () => "schema-mismatch"),
      );
      await peer.leave();
      await other.leave();
      await untilAtRest(arena);
    }),
  );

  row("K3 items beyond the credit end their call alone, and those of no call are refused", () =>
    arena.withstand(async () => {
      using peer = await RawCaller.connect(arena.port);
      const item = { type: "$item", id: 1, item: {} } as const;
      await peer.send({ type: "$call", call: "ignore", id: 1 });
      await peer.send({ type: "$call", call: "nap", id: 2, input: 200 });
      const itemBytes = peer.frames(item).length - 10;
      // The last may overdraw; the one behind it may not come.
      const within = Math.ceil(65_536 / itemBytes);
      await peer.send(...Array.from({ length: within }, () => item));
      await peer.settle();
      expect(peer.heard("$result")).toEqual([]);
      await peer.send(item, item, item);
      expect(await peer.result(1)).toMatchObject({ error: { code: "item-beyond-credit" } });
      expect(await peer.result(2)).toMatchObject({ output: 200 });
      await peer.send(item, { type: "$end", id: 1 }, { type: "$credit", id: 1, bytes: 5 });
      await peer.settle();
      expect(peer.heard("$error")).toEqual([]);
      for (const id of [3, 99, -1]) {
        await peer.peer.send(
          odd("$item", head(id < 0 ? "negative" : "unsigned", Math.abs(id)), "item", ONE),
        );
      }
      await peer.settle();
      const codes = peer.heard("$error").map(({ code, path }) => `${code} ${path}`);
      expect(codes).toEqual(Array.from({ length: 3 }, () => "schema-mismatch /id"));
      expect(peer.heard("$result")).toHaveLength(2);
      await peer.leave();
    }),
  );

  row("K4 credit of nothing, below nothing, and beyond all numbers", () =>
    arena.withstand(async () => {
      using peer = await RawCaller.connect(arena.port);
      await peer.send({ type: "$call", call: "count", id: 1, input: 20_000 });
      const bad = ["00", "20", "f93e00", "f97e00", "f97c00", "61 31", "f6", ...HUGE.slice(1)];
      for (const digits of bad) await peer.peer.send(odd("$credit", ONE, "bytes", hex(digits)));
      await peer.settle();
      expect(peer.heard("$error").map(({ code }) => code)).toEqual(
        bad.map(() => "schema-mismatch"),
      );
      expect(peer.heard("$result")).toEqual([]);
      for (let times = 0; times < 3; times += 1) {
        await peer.send({ type: "$credit", id: 1, bytes: MOST_BYTES });
      }
      expect(await peer.result(1)).toEqual({ type: "$result", id: 1 });
      expect(peer.heard("$item").map(({ item }) => item)).toEqual(
        Array.from({ length: 20_000 }, (_, index) => index),
      );
      await peer.leave();
      await expectOneReason(arena, peer.name, "peer-closed");
    }),
  );

  row(
    "K5 a generator that never waits lets everybody else have their turn",
    () =>
      arena.withstand(async () => {
        using peer = await RawCaller.connect(arena.port);
        await stateOf(arena);
        const items = isLong ? 1_000_000 : 100_000;
        await peer.send(
          { type: "$call", call: "count", id: 1, input: items },
          { type: "$credit", id: 1, bytes: MOST_BYTES },
        );
        let bytes = 0;
        peer.peer.listen((chunk) => (bytes += chunk.length));
        // An item and its header are 32 bytes at least.
        await until(() => bytes > items * 32, "all items", 60_000);
        const { lateMs } = await stateOf(arena);
        // What the machine takes from a process beside it is in there.
        expect(lateMs).toBeLessThan(250);
      }),
    60_000,
  );

  row("K7 streams that get no credit are parked, each with what its window takes", () =>
    arena.withstand(async () => {
      const before = arena.figures.rssBytes;
      const { poured } = await stateOf(arena);
      const peers: RawCaller[] = [];
      for (let count = 0; count < 10; count += 1) {
        const peer = await RawCaller.connect(arena.port);
        peers.push(peer);
        peer.peer.pause();
        const ids = Array.from({ length: 64 }, (_, index) => index + 1);
        await peer.send(...ids.map((id) => ({ type: "$call", call: "pour", id }) as const));
      }
      await Bun.sleep(200);
      const state = await stateOf(arena);
      expect(state.inFlight).toBe(641);
      // Two chunks overdraw a window, one more may be in hand.
      expect(state.poured - poured).toBeLessThanOrEqual(640 * 4);
      expect(arena.figures.rssBytes - before).toBeLessThan(64 * MIB);
      for (const peer of peers) peer[Symbol.dispose]();
      await untilAtRest(arena);
    }),
  );

  row("K9 connections that end with all their slots taken leave no handler and no line", () =>
    arena.withstand(async () => {
      const names: string[] = [];
      for (let count = 0; count < 5; count += 1) {
        const peer = await RawCaller.connect(arena.port);
        names.push(peer.name);
        const ids = Array.from({ length: 256 }, (_, index) => index + 1);
        await peer.send(
          ...ids.map((id) => ({ type: "$call", call: "nap", id, input: 60_000 }) as const),
          ...ids.slice(0, 64).map((id) => ({ type: "$call", call: "tail", id: 256 + id }) as const),
        );
        await peer.settle();
        peer.peer.reset();
      }
      await untilAtRest(arena);
      for (const name of names) expect(failuresOf(arena, name)).toEqual([]);
    }),
  );

  row(
    "K11 results, and other messages of a callee, are ignored by a server, which makes no calls",
    () =>
      arena.withstand(async () => {
        using peer = await RawCaller.connect(arena.port);
        await peer.peer.send(odd("$result", ONE));
        await peer.peer.send(frame(message("$drain")));
        await peer.settle();
        expect(peer.heard("$error")).toEqual([]);
        await peer.send({ type: "$call", call: "echo", id: 1, input: 5 });
        expect(await peer.result(1)).toMatchObject({ output: 5 });
        await peer.leave();
      }),
  );

  row("K12 a call that is cut at any byte does not run, and a whole one runs once", () =>
    arena.withstand(async () => {
      const { summed } = await stateOf(arena);
      using whole = await RawCaller.connect(arena.port);
      const call = whole.frames({ type: "$call", call: "sum", id: 1 });
      // More than all that the others send to be summed.
      const large = 1e12;
      const item = whole.frames({ type: "$item", id: 1, item: large });
      const all = concat(call, item);
      for (let length = 1; length <= all.length; length += 1) {
        using peer = await RawCaller.connect(arena.port);
        await peer.peer.send(all.subarray(0, length));
        await peer.leave();
        const atEdge = length === call.length || length === all.length;
        await expectOneReason(arena, peer.name, atEdge ? "peer-closed" : "frame-truncated");
      }
      expect(Math.floor(((await stateOf(arena)).summed - summed) / large)).toBe(1);
      await whole.leave();
      await untilAtRest(arena);
    }),
  );

  row(
    "K13 calls whose peer has ended its half are answered, and what it must send more for ends",
    () =>
      arena.withstand(async () => {
        using peer = await RawCaller.connect(arena.port);
        await peer.send(
          { type: "$call", call: "nap", id: 1, input: 50 },
          { type: "$call", call: "sum", id: 2 },
          { type: "$call", call: "list", id: 3 },
        );
        peer.peer.shutdown();
        await peer.peer.ended;
        const results = peer.heard("$result").toSorted((one, other) => one.id - other.id);
        expect(results).toMatchObject([
          { id: 1, output: 50 },
          { id: 2, error: { code: "cancelled" } },
          { id: 3 },
        ]);
        await expectOneReason(arena, peer.name, "peer-closed");
        await untilAtRest(arena);
      }),
  );

  row("K16 handlers that fail fail their own call, and say nothing of why", () =>
    arena.withstand(async () => {
      using peer = await RawCaller.connect(arena.port);
      const ways = ["throws", "undeclared", "unfit output", "unfit data"];
      for (const [index, input] of ways.entries()) {
        await peer.send({ type: "$call", call: "fail", id: index + 1, input });
        const { error } = await peer.result(index + 1);
        expect(error).toEqual({
          code: "internal",
          message: 'The handler of the call "fail" failed',
        });
      }
      await peer.send({ type: "$call", call: "fail", id: 5, input: "declared" });
      expect(await peer.result(5)).toMatchObject({
        error: { code: "declared", data: { why: "so" } },
      });
      expect(failuresOf(arena, peer.name)).toHaveLength(ways.length);
      const heard = peer.peer.payloads.map((payload) => Buffer.from(payload).toString("latin1"));
      expect(heard.join("")).not.toContain("secret");
      await peer.leave();
      await expectOneReason(arena, peer.name, "peer-closed");
    }),
  );

  row("K21 a peer that accepts next to nothing, and calls, ends its own connection", () =>
    arena.withstand(async () => {
      for (const [limit, code] of [
        ["maxFrameBytes", "frame-too-large"],
        ["maxItems", "cbor-limit"],
        ["maxNesting", "cbor-limit"],
      ] as const) {
        using peer = await RawCaller.connect(arena.port);
        await peer.peer.send(hello([text(limit), ONE]));
        await peer.send({ type: "$call", call: "fail", id: 1, input: "throws" });
        await peer.leave();
        await expectOneReason(arena, peer.name, code);
      }
    }),
  );

  row(
    "K22 floods of calls that are none, answered or not read, cost the others nothing",
    () =>
      arena.withstand(async () => {
        const before = arena.figures.rssBytes;
        const times = isLong ? 200_000 : 30_000;
        for (const isRead of [true, false]) {
          using peer = await RawCaller.connect(arena.port);
          if (!isRead) peer.peer.pause();
          let bytes = 0;
          peer.peer.listen((chunk) => (bytes += chunk.length));
          const frames: Uint8Array[] = [];
          for (let id = 1; id <= times; id += 1) {
            const name = id % 2 === 0 ? "echo" : "nothing";
            frames.push(odd("$call", head("unsigned", id), "call", text(name)));
          }
          const sent = peer.peer.send(concat(...frames));
          await Promise.race([sent, Bun.sleep(300)]);
          if (isRead) await until(() => bytes > times * 60, "an answer to each");
        }
        expect(arena.figures.rssBytes - before).toBeLessThan(64 * MIB);
        await untilAtRest(arena);
      }),
    60_000,
  );

  row("K23 a timeout of its own for each call costs the others nothing", () =>
    arena.withstand(async () => {
      const peers = await Promise.all(
        Array.from({ length: 10 }, () => RawCaller.connect(arena.port)),
      );
      for (const [index, peer] of peers.entries()) {
        const calls = Array.from({ length: 250 }, (_, at) => {
          const timeoutMs = 60_000 + 250 * index + at;
          return { type: "$call", call: "nap", id: at + 1, timeoutMs, input: 50_000 } as const;
        });
        await peer.send(...calls);
      }
      const [first] = peers;
      for (let id = 1001; id < 11_000; id += 100) {
        const calls = Array.from({ length: 100 }, (_, at) => {
          const timeoutMs = 100_000 + id + at;
          return { type: "$call", call: "echo", id: id + at, timeoutMs, input: 1 } as const;
        });
        await first?.send(...calls);
        await first?.settle();
      }
      for (const peer of peers) peer[Symbol.dispose]();
      await untilAtRest(arena);
    }),
  );

  const seed = pickSeed();
  row(`K25 random frames of calls: each has one result, and nothing behind it (seed ${seed})`, () =>
    arena.withstand(async () => {
      const random = new SeededRandom(seed);
      for (let left = isLong ? 1_000 : 20; left > 0; left -= 1) {
        using caller = await RawCaller.connect(arena.port);
        await caller.peer.send(concat(...randomFrames(caller, random, 60)));
        await caller.settle();
        const ended = new Set<number>();
        for (const heard of caller.all) {
          if (heard.type !== "$item" && heard.type !== "$result" && heard.type !== "$credit") {
            expect(heard).toMatchObject({ type: expect.stringMatching(/^\$(hello|pong)$/) });
            continue;
          }
          expect({ seed, behind: ended.has(heard.id), heard }).toMatchObject({ behind: false });
          if (heard.type !== "$result") continue;
          ended.add(heard.id);
          expect(heard.error?.code ?? "cancelled").toBeOneOf([
            "cancelled",
            "deadline-exceeded",
            "invalid-input",
            "invalid-item",
            "item-beyond-credit",
            "unknown-call",
          ]);
        }
        expect(ended.size).toBeGreaterThan(0);
      }
      await untilAtRest(arena);
    }),
  );

  rowsEnd("K");
});
