// Calls between Python and a peer that is scripted on the codec: typewire_peer's client and server, and the
// script of docs/python.md.

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";

import type { ControlMessage } from "@typewire/protocol";
import { outsideTool, Program, ScriptedPeer } from "@typewire/testkit";

import { Page } from "./markdown.ts";
import {
  CLIENT_PRINTS,
  frameOf,
  LAST_SEQ,
  market,
  ScriptedMarket,
  WINDOW_BYTES,
} from "./market.ts";
import { describePython, PYTHON_FOLDER, startPython } from "./python.ts";

setDefaultTimeout(60_000);

const python = outsideTool("python") ?? "";
const page = await Page.open("docs/python.md");

describePython("the script of docs/python.md that calls", () => {
  test("calls, is told an error, takes 10 MB, uploads, and is answered behind its half-close", async () => {
    using server = new ScriptedMarket();
    const script = page.block("python", "calls").replace("8080", String(server.port));
    await using run = new Program([python, "-u", "-c", script], { cwd: PYTHON_FOLDER });
    expect(await run.exit()).toMatchObject({ code: 0 });
    expect(run.stdout.lines).toEqual(page.block("text", "calls").trimEnd().split("\n"));
    expect(server.heard.filter((type) => type === "$call")).toHaveLength(5);
    expect(server.heard.indexOf("FIN")).toBe(server.heard.lastIndexOf("$end") + 1);
  });
});

describePython("a client of typewire_peer.calls", () => {
  test("shows its token, calls, streams both ways, and leaves in order", async () => {
    using server = new ScriptedMarket();
    await using client = startPython("market_peer.py", "client", server.port, "s3cret");
    expect(await client.exit()).toMatchObject({ code: 0 });
    expect(client.stderr.text).toBe("");
    expect(client.stdout.lines).toEqual(CLIENT_PRINTS);
    expect(server.heard.filter((type) => type === "$cancel")).toHaveLength(1);
    expect(server.heard).toContain("$bye");
  });

  test("with another token is told auth-failed", async () => {
    using server = new ScriptedMarket();
    await using client = startPython("market_peer.py", "client", server.port, "guess");
    expect(await client.exit()).toMatchObject({ code: 1 });
    expect(client.stderr.text).toStartWith("auth-failed: ");
    expect(client.stdout.text).toBe("");
  });
});

describePython("a server over typewire_peer.calls", () => {
  const peers: ScriptedPeer[] = [];
  afterEach(() => {
    for (const peer of peers.splice(0)) peer[Symbol.dispose]();
  });

  /** A scripted client of a server of ours in Python, let in by its token. */
  async function callMarket(port: number, token = "s3cret"): Promise<Caller> {
    const peer = await ScriptedPeer.connect({ port });
    peers.push(peer);
    const caller = new Caller(peer);
    const { name: protocol, version } = market;
    await caller.say({ type: "$hello", protocol, version });
    expect(await caller.hear("$hello")).toMatchObject({ protocol, maxCalls: 256, maxStreams: 64 });
    await caller.call("$authenticate", 1, { token });
    return caller;
  }

  async function serveMarket(): Promise<{ program: Program; port: number }> {
    const program = startPython("market_peer.py", "server", 0);
    const [, port] = await program.stdout.line(/listening on (\d+)/);
    return { program, port: Number(port) };
  }

  test("lets in who shows the token, answers, and tells a declared error", async () => {
    const { program, port } = await serveMarket();
    await using _ = program;
    const caller = await callMarket(port);
    expect(await caller.hear("$result")).toEqual({ type: "$result", id: 1, output: {} });
    await caller.call("quote", 2, { symbol: "ACME" });
    expect(await caller.hear("$result")).toEqual({
      type: "$result",
      id: 2,
      output: { price: 12.5 },
    });
    await caller.call("quote", 3, { symbol: "XYZ" });
    const { error } = (await caller.hear("$result")) as Extract<
      ControlMessage,
      { type: "$result" }
    >;
    expect(error).toMatchObject({ code: "unknownSymbol", data: { symbol: "XYZ" } });
  });

  test("refuses another token, and says so before it ends", async () => {
    const { program, port } = await serveMarket();
    await using _ = program;
    const caller = await callMarket(port, "guess");
    expect(await caller.hear("$result")).toMatchObject({ id: 1, error: { code: "auth-failed" } });
    expect(await caller.hear("$error")).toMatchObject({ code: "auth-failed" });
  });

  test("sends 10 MB of items by credit, and no item without", async () => {
    const { program, port } = await serveMarket();
    await using _ = program;
    const caller = await callMarket(port);
    await caller.hear("$result");
    await caller.call("tail", 2, { after: 41 });
    let left = WINDOW_BYTES;
    for (let seq = 42; seq <= LAST_SEQ; seq += 1) {
      expect(left).toBeGreaterThan(0);
      expect(await caller.hear("$item")).toMatchObject({ id: 2, item: { seq } });
      left -= caller.lastBytes;
      if (left > WINDOW_BYTES / 2) continue;
      await caller.say({ type: "$credit", id: 2, bytes: WINDOW_BYTES - left });
      left = WINDOW_BYTES;
    }
    expect(await caller.hear("$result")).toEqual({ type: "$result", id: 2 });
  });

  test("takes an upload, and answers it behind the client's half-close", async () => {
    const { program, port } = await serveMarket();
    await using _ = program;
    const caller = await callMarket(port);
    await caller.hear("$result");
    await caller.call("upload", 2);
    await caller.say({ type: "$item", id: 2, item: new Uint8Array(1000) }, "upload");
    await caller.say({ type: "$end", id: 2 });
    caller.peer.shutdown();
    expect(await caller.hear("$result")).toEqual({
      type: "$result",
      id: 2,
      output: { bytes: 1000 },
    });
    expect(await caller.peer.ended).toBe("end");
  });

  test("chats both ways, and answers a $cancel", async () => {
    const { program, port } = await serveMarket();
    await using _ = program;
    const caller = await callMarket(port);
    await caller.hear("$result");
    await caller.call("chat", 2);
    for (const line of ["uno", "dos"]) {
      await caller.say({ type: "$item", id: 2, item: line }, "chat");
      expect(await caller.hear("$item")).toMatchObject({ id: 2, item: line.toUpperCase() });
    }
    await caller.say({ type: "$cancel", id: 2 });
    expect(await caller.hear("$result")).toMatchObject({ id: 2, error: { code: "cancelled" } });
  });
});

/** A client of `market` that is scripted on the codec. */
class Caller {
  readonly peer: ScriptedPeer;
  /** Payload bytes of what was heard last. */
  lastBytes = 0;
  readonly #calls = new Map<number, string>();

  constructor(peer: ScriptedPeer) {
    this.peer = peer;
  }

  async call(name: string, id: number, input?: unknown): Promise<void> {
    this.#calls.set(id, name);
    await this.say({ type: "$call", call: name, id, input }, name);
  }

  async say(message: ControlMessage, name = ""): Promise<void> {
    await this.peer.send(frameOf("client", message, name));
  }

  /** The next message, which is of this type. */
  async hear(type: string): Promise<ControlMessage> {
    const payload = await this.peer.next(() => true);
    this.lastBytes = payload.length;
    const nameOf = (id: number): string | undefined => this.#calls.get(id);
    const limits = undefined;
    const read = market.server.decodeIncoming(payload, 0, payload.length, limits, nameOf);
    expect<string>(read.type).toBe(type);
    return read as ControlMessage;
  }
}
