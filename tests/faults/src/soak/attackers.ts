// All attackers at once and without end: those that come and go, that do not read, that flood,
// that send what is no message, that misuse calls. Each kind paces itself, so that two cores are enough for all of it.

import { saludo } from "@typewire/protocol/saludo";
import type { ScriptedPeer, SeededRandom } from "@typewire/testkit";

import { RawCaller, type Said } from "../calls/raw-caller.ts";
import {
  carrying,
  concat,
  frame,
  header,
  hello,
  head,
  hex,
  message,
  repeated,
  text,
} from "../cbor.ts";
import { connectPeer } from "../tls.ts";

const PING = frame(message("$ping"));
const LARGE = saludo.client.encodeFrame({ type: "say", text: "x".repeat(4000) });

/** One of each class; the tests have them all. */
const BAD_BYTES: readonly Uint8Array[] = [
  header(0),
  header("9999999999"),
  new Uint8Array(64),
  new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
  frame(hex("ff")),
  frame(carrying(hex("c1 00"))),
  frame(carrying(hex("9b ffffffffffffffff"))),
  frame(new Uint8Array(100_000).fill(0x81)),
  repeated(frame(message("shout")), 11),
  frame(message("$nope")),
  concat(header(1_000_000), new Uint8Array(5000)),
];

/** Each misuses calls in a way of its own, and loses its connection for it, or only the call. */
const MISUSES: readonly (readonly Said[])[] = [
  [-1, 0, 5, 5, 4].map((id) => ({ type: "$call", call: "echo", id, input: 1 })),
  [
    { type: "$call", call: "echo", id: 1, input: 1 },
    { type: "$credit", id: 9, bytes: 1 },
  ],
  // Not `hang`: handlers that never end are in the way of all others, once the process has 10 000 of them.
  Array.from({ length: 600 }, (_, index) => ({
    type: "$call",
    call: "nap",
    id: index + 1,
    input: 60_000,
  })),
  Array.from({ length: 200 }, (_, index) => ({ type: "$call", call: "tail", id: index + 1 })),
  [1, 2, 3].map((id) => ({ type: "$call", call: "fail", id, input: "throws" })),
  [{ type: "$call", call: "ignore", id: 1 }, ...beyondCredit()],
];

function beyondCredit(): Said[] {
  return Array.from({ length: 3_500 }, () => ({ type: "$item", id: 1, item: {} }));
}

/** Accepts next to nothing. */
const DEAF = hello([text("maxFrameBytes"), head("unsigned", 1)]);

const SLOW_READERS = 10;
const SLOW_READER_MS = 10_000;
const CHURN_AT_ONCE = 10;

export class Attackers implements Disposable {
  /** Attacks so far. */
  count = 0;
  readonly #port: number;
  readonly #random: SeededRandom;
  readonly #peers = new Set<ScriptedPeer>();
  #isOver = false;

  constructor(port: number, random: SeededRandom) {
    this.#port = port;
    this.#random = random;
  }

  get connected(): number {
    return this.#peers.size;
  }

  start(): void {
    void this.#forEver(100, () => this.#comeAndGo());
    void this.#forEver(50, () => this.#sendBadBytes());
    void this.#forEver(500, () => this.#flood());
    void this.#forEver(200, () => this.#talk());
    void this.#forEver(100, () => this.#openAndCancel());
    void this.#forEver(100, () => this.#misuseCalls());
    for (let index = 0; index < SLOW_READERS; index += 1) {
      void this.#forEver(100, () => this.#readNothing());
      void this.#forEver(100, () => this.#takeNothing());
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const peer of this.#peers) peer.reset();
  }

  async #forEver(everyMs: number, attack: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      this.count += 1;
      try {
        await attack();
      } catch (error) {
        // A server that is gone is for the sampler to notice.
        if (!this.#isOver) process.stderr.write(`soak: an attack failed: ${String(error)}\n`);
      }
      await Bun.sleep(everyMs);
    }
  }

  async #with(attack: (peer: ScriptedPeer) => Promise<void>): Promise<void> {
    const peer = await connectPeer(this.#port);
    this.#peers.add(peer);
    try {
      await attack(peer);
    } finally {
      peer.reset();
      this.#peers.delete(peer);
    }
  }

  async #withCaller(attack: (caller: RawCaller) => Promise<void>): Promise<void> {
    const caller = await RawCaller.connect(this.#port);
    this.#peers.add(caller.peer);
    try {
      await attack(caller);
    } finally {
      caller[Symbol.dispose]();
      this.#peers.delete(caller.peer);
    }
  }

  /** As fast as slots allow. */
  #openAndCancel(): Promise<void> {
    return this.#withCaller(async (caller) => {
      for (let first = 1; first < 2_000; first += 100) {
        const ids = Array.from({ length: 50 }, (_, index) => first + 2 * index);
        const pairs = ids.flatMap((id): Said[] => [
          { type: "$call", call: "nap", id, timeoutMs: 60_000 + id, input: 60_000 },
          { type: "$cancel", id },
          { type: "$call", call: "list", id: id + 1 },
          { type: "$cancel", id: id + 1 },
        ]);
        await caller.send(...pairs);
        await caller.settle();
      }
    });
  }

  #misuseCalls(): Promise<void> {
    return this.#withCaller(async (caller) => {
      if (this.#random.next() < 0.2) await caller.peer.send(DEAF);
      const misuse = MISUSES[this.#random.integer(0, MISUSES.length - 1)] ?? [];
      await caller.send(...misuse);
      await caller.leave();
    });
  }

  /** Streams that get no credit, and items that no handler takes, for a while. */
  #takeNothing(): Promise<void> {
    return this.#withCaller(async (caller) => {
      const ids = Array.from({ length: 30 }, (_, index) => 2 * index + 1);
      await caller.send(
        ...ids.flatMap((id): Said[] => [
          { type: "$call", call: "pour", id },
          { type: "$call", call: "ignore", id: id + 1 },
        ]),
      );
      caller.peer.pause();
      for (const id of ids) {
        const item = caller.frames({ type: "$item", id: id + 1, item: {} });
        await caller.peer.send(repeated(item, this.#random.integer(1, 500)));
      }
      await Bun.sleep(this.#random.integer(0, 2 * SLOW_READER_MS));
    });
  }

  async #comeAndGo(): Promise<void> {
    const one = (): Promise<void> =>
      this.#with(async (peer) => {
        if (this.#random.next() < 0.5) await peer.next();
      });
    await Promise.all(Array.from({ length: CHURN_AT_ONCE }, one));
  }

  #sendBadBytes(): Promise<void> {
    return this.#with(async (peer) => {
      const bytes = BAD_BYTES[this.#random.integer(0, BAD_BYTES.length - 1)];
      await peer.next();
      await peer.send(bytes ?? header(0));
      peer.shutdown();
      await peer.ended;
    });
  }

  #flood(): Promise<void> {
    return this.#with(async (peer) => {
      await peer.send(repeated(PING, 20_000));
      peer.shutdown();
      await peer.ended;
    });
  }

  /** What everybody hears, and slow readers do not read. */
  #talk(): Promise<void> {
    return this.#with(async (peer) => {
      await peer.send(repeated(LARGE, 10));
      peer.shutdown();
      await peer.ended;
    });
  }

  #readNothing(): Promise<void> {
    return this.#with(async (peer) => {
      peer.pause();
      await peer.send(repeated(PING, 1000));
      await Bun.sleep(this.#random.integer(0, 2 * SLOW_READER_MS));
    });
  }
}
