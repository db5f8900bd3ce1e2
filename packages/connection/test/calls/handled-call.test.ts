// What a handler and a middleware do with `call` when they take it apart.

import { describe, expect, test } from "bun:test";

import type { CallError } from "@typewire/protocol";

import type { HandledCall } from "../../src/calls/handled-call.ts";
import { CallPair, rejection, shape } from "../support/call-pair.ts";

const shapes = [shape("plain", { errors: ["no"] }), shape("chat", { sends: true, errors: ["no"] })];

describe("a call that is taken apart", () => {
  test("has every part, in a handler and in a middleware", async () => {
    const seen: unknown[] = [];
    const take = async ({
      name,
      connection,
      context,
      signal,
      remainingMs,
      items,
      error,
    }: HandledCall): Promise<(code: string, data?: unknown) => CallError> => {
      const aborted = signal.aborted;
      seen.push({ name, connection, context, aborted, remainingMs, code: error("no").code });
      for await (const item of items) seen.push(item);
      return error;
    };
    const handler = async (input: unknown, call: HandledCall) => {
      throw (await take(call))("no", input);
    };
    const pair = new CallPair(shapes, { plain: handler, chat: handler });
    const failing = [rejection(pair.call("plain", 1)), rejection(pair.call("chat", 2, ["a", "b"]))];
    await pair.settle();
    const [plain, chat] = (await Promise.all(failing)) as CallError[];
    expect([plain?.code, plain?.data, chat?.code, chat?.data]).toEqual(["no", 1, "no", 2]);
    const known = { connection: { name: "connection" }, context: { user: "ada" }, code: "no" };
    expect(seen).toEqual([
      { ...known, name: "plain", aborted: false, remainingMs: 30_000 },
      { ...known, name: "chat", aborted: false, remainingMs: Infinity },
      "a",
      "b",
    ]);
    expect(pair.callee.failures).toEqual([]);
    expect(pair.taken).toBe(0);
  });

  test("may fail by a middleware's `error`", async () => {
    const refuse = async ({ error }: HandledCall) => {
      throw error("no", "middleware");
    };
    const pair = new CallPair(
      shapes,
      { plain: () => 1, chat: () => 1 },
      { use: [refuse as never] },
    );
    const failing = rejection(pair.call("plain", 1));
    await pair.settle();
    expect(await failing).toMatchObject({ code: "no", data: "middleware" });
  });
});
