// Two deployments of one program, with a field of another type: both say so, once, and count.

import { afterEach, beforeEach, describe, expect, type Mock, spyOn, test } from "bun:test";

import { defineProtocol, Type } from "@typewire/protocol";

import { connect, serve } from "../src/index.ts";

const deployed = (v: "text" | "number") =>
  defineProtocol({
    name: "deployed",
    version: 1,
    server: { done: Type.Object({}), kept: Type.Object({ v: Type.String() }) },
    client: {
      set: Type.Object({ v: v === "text" ? Type.String() : Type.Number() }),
      end: Type.Object({}),
    },
  });
const ours = deployed("text");
const theirs = deployed("number") as unknown as typeof ours;

let warn: Mock<typeof console.warn>;

beforeEach(() => {
  warn = spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

const warnings = (): string[] => warn.mock.calls.map(([sentence]) => String(sentence));

describe("a peer of another deployment", () => {
  test("is warned of once by both sides, and all refusals are counted", async () => {
    const done = Promise.withResolvers<void>();
    await using server = serve(
      theirs,
      { port: 0 },
      { set() {}, end: (_, connection) => void connection.send({ type: "done" }) },
    );
    await using client = await connect(
      ours,
      { port: server.port },
      { done: () => done.resolve(), kept() {} },
    );
    for (let at = 0; at < 6; at += 1) expect(client.send({ type: "set", v: "x" })).toBe(true);
    client.send({ type: "end" });
    await done.promise;
    expect(client.stats()).toMatchObject({ messagesSent: 7, messagesRefusedByPeer: 6 });
    expect(client.connection?.stats.messagesRefusedByPeer).toBe(6);
    expect(server.stats()).toMatchObject({ messagesRefused: 6, messagesRefusedByPeer: 0 });
    const [connection] = server.connections;
    const clientName = connection?.name ?? "";
    expect(warnings()).toHaveLength(4);
    for (const said of [
      `typewire: ${server.address} has other schemas of "deployed"`,
      `typewire: ${clientName} has other schemas of "deployed"`,
      `typewire: ${server.address} refused a message of this end, "set": schema-mismatch at /v. Have both`,
      `typewire: A message of ${clientName} was refused, no handler has had it: schema-mismatch at /v: expected number, got text`,
    ]) {
      expect(warnings()).toContainEqual(expect.stringContaining(said));
    }
  });

  test("is left to the observers that ask", async () => {
    const told: string[] = [];
    const asked = {
      onHello: () => void told.push("hello"),
      onRefused: () => void told.push("refused"),
    };
    const done = Promise.withResolvers<void>();
    const onPeerError = (): void => {
      told.push("peer error");
      done.resolve();
    };
    await using server = serve(theirs, { port: 0, ...asked }, { set() {}, end() {} });
    await using client = await connect(
      ours,
      { port: server.port, observers: [{ ...asked, onPeerError }] },
      { done() {}, kept() {} },
    );
    client.send({ type: "set", v: "x" });
    await done.promise;
    expect(told).toEqual(["hello", "hello", "refused", "peer error"]);
    expect(warnings()).toEqual([]);
  });
});
