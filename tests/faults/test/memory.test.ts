// M: what each kind of attack leaves in the server's memory, three times over, and ten times at length. A short
// form of what `bun run faults --tenfold` does with every row.

import { describe } from "bun:test";

import { type RunningServer, startServer } from "../src/arena.ts";
import { RawCaller } from "../src/calls/raw-caller.ts";
import { carrying, concat, frame, header, hex, message, repeated, text } from "../src/cbor.ts";
import { Offender, sayAtLeast, sayMore, sayUntil } from "../src/offender.ts";
import { row } from "../src/row.ts";
import { endsNoHigher } from "../src/tenfold.ts";
import { connectPeer } from "../src/tls.ts";

const MIB = 1024 ** 2;

const IS_LONG = process.env["TYPEWIRE_LONG"] !== undefined;
const TIMES = IS_LONG ? 10 : 3;
/** Of the attack by calls. */
const CALLERS = IS_LONG ? 4 : 2;

/** One of each verdict. */
const BAD_BYTES: readonly Uint8Array[] = [
  header(0),
  header("9999999999"),
  new Uint8Array(64),
  frame(hex("ff")),
  frame(carrying(hex("c1 00"))),
  frame(carrying(hex("9b ffffffffffffffff"))),
  frame(new Uint8Array(100_000).fill(0x81)),
  repeated(frame(message("shout")), 11),
];

/** A message of a quarter of a mebibyte, which no chunk of the socket holds whole. */
const LARGE = frame(
  message("$ping", text("pad"), concat(hex("5a 00040000"), new Uint8Array(0x40000))),
);

function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, make));
}

interface Attack {
  readonly name: string;
  /** Of the server. */
  readonly flags?: readonly string[];
  /** Whether it answers calls. */
  readonly calls?: boolean;
  run(server: RunningServer): Promise<void>;
}

/** Listeners that read all they hear. With three to each slow reader a speaker is not made to rest, for seconds in sum. */
async function keepUp(port: number, count: number): Promise<Disposable> {
  const listeners = await many(count, () => Offender.connect(port));
  for (const { peer } of listeners) peer.listen(() => {});
  return {
    [Symbol.dispose]() {
      for (const listener of listeners) listener[Symbol.dispose]();
    },
  };
}

const attacks: readonly Attack[] = [
  {
    name: "a reader that never reads",
    flags: ["--limit", "hardQueueBytes=2MiB"],
    async run({ port }) {
      using _listeners = await keepUp(port, 4);
      using reader = await Offender.connect(port);
      using speaker = await Offender.connect(port);
      reader.peer.pause();
      await sayAtLeast(speaker, 4 * MIB);
      await speaker.leave();
    },
  },
  {
    name: "more slow readers than the bound on all of them has room for",
    flags: ["--max-buffered", "16MiB"],
    async run({ port, log }) {
      using _listeners = await keepUp(port, 19);
      const readers = await many(6, () => Offender.connect(port));
      using speaker = await Offender.connect(port);
      for (const { peer } of readers) peer.pause();
      await sayUntil(speaker, () => readers.some(({ name }) => log.endsOf(name).length > 0));
      // And on, along the bound.
      await sayMore(speaker, MIB);
      for (const reader of readers) reader[Symbol.dispose]();
      await speaker.leave();
    },
  },
  {
    name: "questions whose answers are not read",
    async run({ port }) {
      using offender = await Offender.connect(port);
      offender.peer.pause();
      await Promise.race([
        offender.peer.send(repeated(frame(message("$ping")), 500_000)),
        Bun.sleep(300),
      ]);
    },
  },
  {
    name: "large frames, and halves of them left behind",
    async run({ port }) {
      const peers = await many(30, () => connectPeer(port));
      for (const peer of peers) {
        await peer.send(LARGE);
        await peer.send(LARGE.subarray(0, 200_000));
        await peer.next((payload) => Buffer.from(payload).includes("$pong"));
      }
      for (const peer of peers) peer.reset();
    },
  },
  {
    name: "bytes that are no message",
    async run({ port }) {
      for (const bytes of BAD_BYTES) {
        const peers = await many(5, () => connectPeer(port));
        for (const peer of peers) {
          await peer.send(bytes);
          peer.shutdown();
          await peer.ended;
        }
      }
    },
  },
  {
    name: "peers that come and go",
    async run({ port }) {
      for (let count = 0; count < 20; count += 1) {
        const peers = await many(50, () => connectPeer(port));
        await Promise.all(peers.map((peer) => peer.next()));
        for (const peer of peers) peer.reset();
      }
    },
  },
  {
    name: "calls and streams that are opened, cancelled, fed and left",
    calls: true,
    async run({ port }) {
      const peers = await many(CALLERS, () => RawCaller.connect(port));
      for (const peer of peers) {
        for (let id = 1; id <= 500; id += 100) {
          const pairs = Array.from({ length: 50 }, (_, index) => [
            { type: "$call", call: "nap", id: id + 2 * index, input: 60_000 } as const,
            { type: "$cancel", id: id + 2 * index } as const,
            { type: "$call", call: "list", id: id + 2 * index + 1 } as const,
            { type: "$cancel", id: id + 2 * index + 1 } as const,
          ]);
          await peer.send(...pairs.flat());
          await peer.settle();
        }
        const last = Array.from({ length: 60 }, (_, index) => 3_000 + index);
        await peer.send(...last.map((id) => ({ type: "$call", call: "ignore", id }) as const));
        const items = last.map((id) => peer.frames({ type: "$item", id, item: {} }));
        for (const item of items) await peer.peer.send(repeated(item, 1_000));
        await peer.settle();
      }
      for (const { peer } of peers) peer.reset();
    },
  },
];

describe("typewire-server, memory after the same attack again", () => {
  for (const attack of attacks) {
    row(
      `M ${attack.name}`,
      async () => {
        await using server = await startServer({
          flags: attack.flags ?? [],
          calls: attack.calls ?? false,
        });
        await endsNoHigher(server.program.pid, () => attack.run(server), TIMES);
      },
      120_000,
    );
  }
});
