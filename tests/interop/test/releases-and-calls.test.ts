// Older peers, which know no calls, against an end whose protocol has grown calls: played from what releases
// before calls put on the wire, they hear what they heard then, and nothing of calls.

import { describe, expect, test } from "bun:test";

import { connect, serve } from "@typewire/bun";
import { defineProtocol, Type } from "@typewire/protocol";
import { ScriptedListener, ScriptedPeer, within } from "@typewire/testkit";

import { recordedVersions, recordingsOf } from "../releases/recordings.ts";
import { replay } from "../releases/replayed-end.ts";
import {
  decodeFrom,
  type End,
  type Entry,
  type Recording,
  typeOf,
} from "../releases/transcript.ts";

/** The conversation of the recordings, with calls beside. */
const saludo = defineProtocol({
  name: "saludo",
  version: 1,
  server: {
    welcome: Type.Object({ text: Type.String() }),
    greeting: Type.Object({ words: Type.Record(Type.Integer(), Type.String()) }),
    said: Type.Object({ from: Type.String(), text: Type.String(), at: Type.Date() }),
  },
  client: { say: Type.Object({ text: Type.String({ minLength: 1, maxLength: 4096 }) }) },
  calls: {
    ask: { input: Type.String(), output: Type.String() },
    tail: { yields: Type.Integer() },
    tell: { sends: Type.String() },
  },
});

/** Releases from before calls, by what their hellos say. */
const withoutCalls = ["0.1.0"];

/** Scenes of two ends without a secret, in which neither fails. */
const scenes = [
  "a client leaves",
  "a client over the library leaves and says why",
  "a server over the library leaves and says when to come back",
  "one client says something to another, and the server leaves",
  "the client asks for life",
  "the server asks for life",
];

/** The types of the messages that `end` said. */
function typesOf(end: End, entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry) => (entry.from === end ? (typeOf(entry) ?? []) : []));
}

function heardFrom(end: End, { payloads }: ScriptedPeer): readonly string[] {
  return payloads.map((payload) => decodeFrom(end, payload).type);
}

/** A server with calls that says what the recorded one said, and leaves where that did. */
function serverLike({ connections }: Recording) {
  const isGreeter = connections.some((entries) => typesOf("server", entries).includes("welcome"));
  const server = serve(
    saludo,
    {
      port: 0,
      // Their fingerprint differs, which this end would warn of.
      onHello() {},
      onOpen(connection) {
        if (!isGreeter) {
          void server.drain();
          return;
        }
        connection.send({ type: "welcome", text: "Bienvenido al servidor!" });
        connection.send({ type: "greeting", words: { 1: "Hola" } });
      },
    },
    {
      say({ text }, connection) {
        const { name: from } = connection;
        server.broadcast({ type: "said", from, text, at: new Date() }, { except: connection });
        void server.drain();
      },
      ask: (input) => input,
      async *tail() {},
      async tell() {},
    },
  );
  return server;
}

for (const version of recordedVersions.filter((each) => withoutCalls.includes(each))) {
  const recordings = (await recordingsOf(version)).filter(({ scene }) => scenes.includes(scene));

  test(`release ${version} was recorded in these scenes, without calls`, () => {
    expect(recordings.map(({ scene }) => scene).toSorted()).toEqual(scenes);
    for (const { connections } of recordings) {
      expect(JSON.stringify(connections)).not.toMatch(/maxCalls|\$call/);
    }
  });

  describe(`release ${version}, at an end whose protocol has calls`, () => {
    const served = recordings.filter(
      ({ connections }) =>
        !connections.some((entries) => typesOf("server", entries).includes("$ping")),
    );
    test.each(served)("its client is served as it was: $scene", async (recording) => {
      await using server = serverLike(recording);
      const peers = await Promise.all(
        recording.connections.map(() =>
          ScriptedPeer.connect({ hostname: "127.0.0.1", port: server.port }),
        ),
      );
      const playing = recording.connections.map((entries, index) =>
        replay("client", entries, peers[index] ?? raise(), ""),
      );
      await within(Promise.all(playing), () => `heard ${JSON.stringify(peers.map(heardNow))}`);
      for (const [index, entries] of recording.connections.entries()) {
        const peer = peers[index] ?? raise();
        expect(heardFrom("server", peer)).toEqual(typesOf("server", entries));
        peer[Symbol.dispose]();
      }
    });

    // A client asks for life by the interval that it was given, and this one was not.
    const conversations = recordings.flatMap(({ scene, connections }) =>
      connections
        .filter((entries) => !typesOf("client", entries).includes("$ping"))
        .map((entries) => ({ scene, entries })),
    );
    test.each(conversations)(
      "its server has what it had of a client: $scene",
      async ({ entries }) => {
        using listener = new ScriptedListener();
        const connecting = connect(
          saludo,
          { port: listener.port, reconnect: false, onHello() {} },
          { welcome() {}, greeting() {}, said() {} },
        );
        using peer = await listener.accept();
        // Up to the end, which this end's program waits for, or makes itself.
        const end = entries.findIndex((entry) => typeOf(entry) === "$bye");
        const playing = replay("server", entries.slice(0, end), peer, "");
        await using client = await connecting;
        const unsupported = { ok: false, error: { code: "calls-unsupported", ran: "no" } };
        expect(await client.try.ask("x")).toMatchObject(unsupported);
        expect(await client.try.tell(["x"])).toMatchObject(unsupported);
        const items = client.try.tail();
        for await (const item of items) throw new Error(`It came: ${item}`);
        expect(await items.output).toMatchObject(unsupported);
        const said = typesOf("client", entries);
        if (said.includes("say")) client.send({ type: "say", text: "hola a todos" });
        await within(playing, () => `heard ${JSON.stringify(heardFrom("client", peer))}`);
        if (said.includes("$bye")) void client.close();
        const ending = replay("server", entries.slice(end), peer, "");
        await within(ending, () => `heard ${JSON.stringify(heardFrom("client", peer))}`);
        expect(heardFrom("client", peer)).toEqual(said);
      },
    );
  });
}

function heardNow(peer: ScriptedPeer): readonly string[] {
  return heardFrom("server", peer);
}

function raise(): never {
  throw new Error("Each connection has a peer");
}
