// What was read from stdin was sent, or is known not to have been: whenever it comes while the run ends.

import { describe, expect, test } from "bun:test";

import type { ClientOf } from "@typewire/client";
import { TypewireError } from "@typewire/protocol";
import type { saludo } from "@typewire/protocol/saludo";

import { jsonLine, sayLine } from "../src/input.ts";
import { InputSender } from "../src/input-sender.ts";

/** A client that takes what it is sent after `turns` turns of the loop, and nothing once it is closed. */
class Taker {
  readonly sent: string[] = [];
  state: "connected" | "closed" = "connected";
  readonly #turns: number;

  constructor(turns: number) {
    this.#turns = turns;
  }

  async ready(): Promise<void> {
    await turnsOf(this.#turns);
  }

  send(message: { readonly text: string }): void {
    if (this.state === "closed") throw new TypewireError("connection-closed", "closed");
    this.sent.push(message.text);
  }

  close(): Promise<void> {
    this.state = "closed";
    return Promise.resolve();
  }
}

async function turnsOf(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

/** The chunks of `text`, the first after `turns` turns of the loop, and whether anything was read. */
class Pipe implements AsyncIterable<Uint8Array> {
  hasBeenRead = false;
  readonly #text: string;
  readonly #turns: number;

  constructor(text: string, turns: number) {
    this.#text = text;
    this.#turns = turns;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    await turnsOf(this.#turns);
    this.hasBeenRead = true;
    yield new TextEncoder().encode(this.#text);
  }
}

function start(taker: Taker, pipe: Pipe, isJson: boolean): InputSender {
  return new InputSender({
    stdin: { isTerminal: false, chunks: pipe },
    connecting: Promise.resolve(taker as unknown as ClientOf<typeof saludo>),
    parse: isJson ? jsonLine : sayLine,
    refused: () => false,
  });
}

describe("InputSender", () => {
  const turns = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55];
  const cases = turns.flatMap((pipeTurns) => turns.map((clientTurns) => [pipeTurns, clientTurns]));

  test("sends at --count what comes while it ends, after any turn of the loop, to a client of any pace", async () => {
    const outcomes = cases.map(async ([pipeTurns = 0, clientTurns = 0], index) => {
      const isJson = index % 2 === 1;
      const line = isJson ? '{"type":"say","text":"hola"}\n' : "hola\n";
      const taker = new Taker(clientTurns);
      const sender = start(taker, new Pipe(line, pipeTurns), isJson);
      await sender.takeWaiting();
      await sender.finish(taker as unknown as ClientOf<typeof saludo>);
      return { sent: taker.sent, hasUnsent: sender.hasUnsent };
    });
    expect(await Promise.all(outcomes)).toEqual(
      cases.map(() => ({ sent: ["hola"], hasUnsent: false })),
    );
  });

  test("knows what it read and did not send, whenever the client is lost", async () => {
    const outcomes = cases.map(async ([pipeTurns = 0, clientTurns = 0]) => {
      const taker = new Taker(clientTurns);
      const pipe = new Pipe("hola\n", pipeTurns);
      const sender = start(taker, pipe, false);
      await turnsOf(10);
      await taker.close();
      await sender.finish(taker as unknown as ClientOf<typeof saludo>);
      return { hasLost: pipe.hasBeenRead && taker.sent.length === 0, hasUnsent: sender.hasUnsent };
    });
    const told = await Promise.all(outcomes);
    expect(told.filter(({ hasLost, hasUnsent }) => hasLost && !hasUnsent)).toEqual([]);
    expect(told.some(({ hasUnsent }) => hasUnsent)).toBe(true);
    expect(told.some(({ hasLost }) => !hasLost)).toBe(true);
  });
});
