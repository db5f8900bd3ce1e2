// Runs in an outside project, on Node and on Bun, against the installed package: everything but the sockets.
// Prints one line; throws where a value is not what it should be.

import assert from "node:assert/strict";

import {
  decodeHeader,
  defineProtocol,
  encodeHeader,
  FrameReader,
  Type,
  TypewireError,
} from "typewire";
import { defineReferenceProtocol, toDiagnostic } from "typewire/internal";
import { admin, metrics, page, readiness } from "typewire/observe";
import { saludo } from "typewire/saludo";
import { connectInMemory } from "typewire/testing";

const server = {
  value: Type.Object({
    text: Type.String({ minLength: 1 }),
    at: Type.Date(),
    big: Type.BigInt(),
    bytes: Type.Uint8Array(),
    words: Type.Record(Type.Integer(), Type.String()),
    list: Type.Array(Type.Union([Type.Literal("a"), Type.Number(), Type.Null()])),
    maybe: Type.Optional(Type.Boolean()),
    anything: Type.Unknown(),
    // What an earlier TypeBox cannot quote in the code that it makes of a schema.
    odd: Type.Object({
      "": Type.Literal("\\"),
      "\\": Type.Literal("\n"),
      "it's": Type.Literal("\u2028'"),
      "\\'": Type.Null(),
    }),
  }),
};
const client = { ask: Type.Object({ text: Type.String({ maxLength: 100 }) }) };
const definition = { name: "probe", version: 1, server, client };
const compiled = defineProtocol(definition);
const reference = defineReferenceProtocol(definition);

const message = {
  type: "value",
  text: `ascii, ñandú, € and 😀, ${"long ".repeat(100)}`,
  at: new Date(1_700_000_000_123),
  big: 2n ** 63n - 1n,
  bytes: new Uint8Array([1, 2, 3]),
  words: { 1: "Hola", [-2]: "Servidor" },
  list: ["a", 1.5, null],
  anything: { deep: [1, "two", { three: true }] },
  odd: { "": "\\", "\\": "\n", "it's": "\u2028'", "\\'": null },
} as const;

const payload = compiled.server.encode({ ...message, list: [...message.list] });
assert.deepEqual(reference.server.encode({ ...message, list: [...message.list] }), payload);
for (const { server: codec } of [compiled, reference])
  assert.deepEqual(codec.decode(payload), message);
assert.throws(
  () => compiled.client.encode({ type: "ask", text: "x".repeat(101) }),
  (error) =>
    error instanceof TypewireError && error.code === "schema-mismatch" && error.path === "/text",
);

const frame = compiled.server.encodeFrame({ ...message, list: [...message.list] });
const frames: unknown[] = [];
const reader = new FrameReader({ maxFrameBytes: 4096 });
for (const byte of frame) {
  reader.push(Uint8Array.of(byte), (bytes, start, end) => {
    frames.push(compiled.server.decode(bytes, start, end));
  });
}
assert.deepEqual(frames, [message]);
assert.equal(decodeHeader(encodeHeader(payload.length)), payload.length);
assert.match(toDiagnostic(payload), /^\{"type": "value"/);

const heard: string[] = [];
const memory = await connectInMemory(saludo, {
  server: {
    say({ text }, connection) {
      connection.send({ type: "said", from: "memory", text, at: new Date(0) });
    },
  },
  client: { welcome() {}, greeting() {}, said: ({ text }) => void heard.push(text) },
});
memory.client.send({ type: "say", text: "hola" });
await memory.settle();
assert.deepEqual(heard, ["hola"]);
assert.match(await (await page()).text(), /^<!doctype html>[^]*new EventSource\("live"\)/);
const asked = new Request("http://127.0.0.1/live", { headers: { host: "127.0.0.1" } });
const fed = (await admin(memory.server)(asked)).body.getReader();
const { value: said = new Uint8Array() } = await fed.read();
assert.match(new TextDecoder().decode(said), /^data: \{.*"isWhole":true/);
await fed.cancel();
assert.equal(readiness(memory.server).status, 200);
assert.match(
  await metrics(memory.server).text(),
  /^typewire_messages_total\{direction="in",type="say"\} 1$/m,
);
await memory[Symbol.asyncDispose]();
console.log(`exchanged on ${process.versions["bun"] ? "Bun" : "Node"} ${process.version}`);
