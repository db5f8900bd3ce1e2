// The rows of docs/evolution.md: what an older and a newer end of one protocol make of each other's messages,
// and that a conversation of them goes on.

import { describe, expect, test } from "bun:test";

import { Type, type TSchema } from "@sinclair/typebox";
import { connect, serve } from "@typewire/bun";
import {
  type CallDefinition,
  type CallDefinitions,
  type CallError,
  defineProtocol,
  type TypewireError,
} from "@typewire/protocol";
import { within } from "@typewire/testkit";

/** A protocol whose server says `said`, of this schema. */
function saying(said: TSchema) {
  return defineProtocol({ name: "news", version: 1, server: { said }, client: {} });
}

const text = Type.String();
const integer = Type.Integer();

/** By row of the page: the schema before and after, a message of either, and which end has to be replaced first. */
const changes: readonly (readonly [
  what: string,
  older: TSchema,
  newer: TSchema,
  olderSays: object,
  newerSays: object,
  first: "either" | "sender" | "receiver" | "neither",
])[] = [
  [
    "an optional property more",
    Type.Object({ a: text }),
    Type.Object({ a: text, b: Type.Optional(integer) }),
    { a: "x" },
    { a: "x", b: 1 },
    "either",
  ],
  [
    "a required property more",
    Type.Object({ a: text }),
    Type.Object({ a: text, b: integer }),
    { a: "x" },
    { a: "x", b: 1 },
    "sender",
  ],
  [
    "a property becomes optional",
    Type.Object({ a: text, b: integer }),
    Type.Object({ a: text, b: Type.Optional(integer) }),
    { a: "x", b: 1 },
    { a: "x" },
    "receiver",
  ],
  [
    "a property goes",
    Type.Object({ a: text, b: integer }),
    Type.Object({ a: text }),
    { a: "x", b: 1 },
    { a: "x" },
    "receiver",
  ],
  [
    "a property that additionalProperties forbids",
    Type.Object({ a: text }, { additionalProperties: false }),
    Type.Object({ a: text, b: Type.Optional(integer) }, { additionalProperties: false }),
    { a: "x" },
    { a: "x", b: 1 },
    "receiver",
  ],
  [
    "a value more of an enumeration",
    Type.Object({ a: Type.Union([Type.Literal("on"), Type.Literal("off")]) }),
    Type.Object({ a: Type.Union([Type.Literal("on"), Type.Literal("off"), Type.Literal("dim")]) }),
    { a: "on" },
    { a: "dim" },
    "receiver",
  ],
  [
    "a value more of a union",
    Type.Object({ a: text }),
    Type.Object({ a: Type.Union([text, integer]) }),
    { a: "x" },
    { a: 1 },
    "receiver",
  ],
  [
    "a wider range",
    Type.Object({ a: Type.Integer({ maximum: 10 }) }),
    Type.Object({ a: Type.Integer({ maximum: 20 }) }),
    { a: 5 },
    { a: 15 },
    "receiver",
  ],
  [
    "a value less",
    Type.Object({ a: Type.Union([Type.Literal("on"), Type.Literal("off")]) }),
    Type.Object({ a: Type.Literal("on") }),
    { a: "off" },
    { a: "on" },
    "sender",
  ],
  [
    "another type",
    Type.Object({ a: text }),
    Type.Object({ a: integer }),
    { a: "x" },
    { a: 1 },
    "neither",
  ],
];

/** Whether what one end says is a message to the other. */
function understands(receiver: TSchema, sender: TSchema, message: object): boolean {
  const payload = saying(sender).server.encode({ type: "said", ...message } as never);
  try {
    saying(receiver).server.decode(payload);
    return true;
  } catch (error) {
    expect((error as TypewireError).code).toBe("schema-mismatch");
    return false;
  }
}

const noted = Type.Object({ note: Type.Optional(text) });

/** By row of the page: a call before and after (undefined: there is none), and which end has to be replaced first. */
const callChanges: readonly (readonly [
  what: string,
  older: CallDefinition | undefined,
  newer: CallDefinition | undefined,
  first: "either" | "server" | "client" | "neither",
  codes: readonly string[],
])[] = [
  ["a call more", undefined, { output: noted }, "server", ["unknown-call"]],
  ["a call less", { output: noted }, undefined, "client", ["unknown-call"]],
  ["an input where there was none", {}, { input: noted }, "neither", ["invalid-input /input"]],
  ["an output where there was none", {}, { output: noted }, "neither", ["invalid-answer /output"]],
  ["`sends` more", {}, { sends: text }, "neither", ["invalid-item /type", "deadline-exceeded"]],
  ["a declared error more", {}, { errors: { full: noted } }, "either", []],
  [
    "a required property of the output more",
    { output: Type.Object({}) },
    { output: Type.Object({ note: text }) },
    "server",
    ["invalid-answer /output/note"],
  ],
  [
    "a required property of the input more",
    { input: Type.Object({}) },
    { input: Type.Object({ note: text }) },
    "client",
    ["invalid-input /input/note"],
  ],
  [
    "an optional property of both more",
    { input: Type.Object({}), output: Type.Object({}) },
    { input: noted, output: noted },
    "either",
    [],
  ],
];

/** A protocol with this call, if any, beside another. */
function calling(f: CallDefinition | undefined) {
  const calls: CallDefinitions = { other: {}, ...(f !== undefined && { f }) };
  return defineProtocol({ name: "news", version: 1, server: {}, client: {}, calls });
}

type Asked = (...given: unknown[]) => Promise<unknown>;

/** How a call of a client fails, of which the two ends have these definitions; undefined where it is answered. */
async function failureOf(
  ofClient: CallDefinition | undefined,
  ofServer: CallDefinition | undefined,
): Promise<string | undefined> {
  // No end calls what it does not know.
  if (ofClient === undefined) return undefined;
  // Its items are there before it settles.
  const f = async (_: unknown, { items }: { readonly items: AsyncIterable<unknown> }) => {
    await Bun.sleep(20);
    for await (const _item of items);
    return { note: "x" };
  };
  const handlers = { other() {}, ...(ofServer !== undefined && { f }) };
  await using server = serve(calling(ofServer), { port: 0 }, handlers as never);
  await using client = await connect(calling(ofClient), { port: server.port });
  const { input, sends } = ofClient;
  const given = [...(input ? [{ note: "x" }] : []), ...(sends ? [["a"]] : [])];
  try {
    await (client.call as unknown as { readonly f: Asked }).f(...given, { timeoutMs: 500 });
    return undefined;
  } catch (error) {
    const { code, path } = error as CallError;
    return path === undefined || code === "unknown-call" ? code : `${code} ${path}`;
  }
}

describe("docs/evolution.md, of calls", () => {
  test.each(callChanges)("%s", async (_, older, newer, first, codes) => {
    const ofNewerClient = await failureOf(newer, older);
    const ofNewerServer = await failureOf(older, newer);
    const verdict =
      ofNewerClient === undefined
        ? ofNewerServer === undefined
          ? "either"
          : "client"
        : ofNewerServer === undefined
          ? "server"
          : "neither";
    expect(verdict).toBe(first);
    const failures = [ofNewerClient, ofNewerServer].filter((failure) => failure !== undefined);
    expect([...new Set(failures)]).toEqual([...codes]);
  });
});

describe("docs/evolution.md", () => {
  test.each(changes)("%s", (_, older, newer, olderSays, newerSays, first) => {
    expect(saying(older).fingerprint).not.toBe(saying(newer).fingerprint);
    const senderMayBeOlder = understands(newer, older, olderSays);
    const senderMayBeNewer = understands(older, newer, newerSays);
    const verdict = senderMayBeOlder
      ? senderMayBeNewer
        ? "either"
        : "receiver"
      : senderMayBeNewer
        ? "sender"
        : "neither";
    expect(verdict).toBe(first);
  });

  test("has each of these rows", async () => {
    const page = await Bun.file(new URL("../../../docs/evolution.md", import.meta.url)).text();
    const rows = page.matchAll(
      /^\| (an? .*?|another .*?) +\| (either|the sender|the receiver|neither)/gm,
    );
    expect([...rows].length).toBe(7 + 3 + 4);
  });
});

const older = defineProtocol({
  name: "news",
  version: 1,
  server: {
    said: Type.Object({ text, mood: Type.Union([Type.Literal("calm"), Type.Literal("glad")]) }),
  },
  client: { ask: Type.Object({ text }) },
});
const newer = defineProtocol({
  name: "news",
  version: 1,
  server: {
    said: Type.Object({
      text,
      mood: Type.Union(["calm", "glad", "sad"].map((mood) => Type.Literal(mood))),
    }),
    weather: Type.Object({ text }),
  },
  client: { ask: Type.Object({ text }), shout: Type.Object({ text }) },
});

describe("a newer server and an older client", () => {
  test("talk, though every other message is one that the client does not know", async () => {
    await using server = serve(
      newer,
      { port: 0 },
      {
        ask(_, connection) {
          for (let index = 0; index < 40; index += 1) {
            connection.send({ type: "weather", text: "rain" });
            connection.send({ type: "said", text: `${index}`, mood: "sad" });
            connection.send({ type: "said", text: `${index}`, mood: "glad" });
          }
        },
      },
    );
    const heard: string[] = [];
    const enough = Promise.withResolvers<void>();
    await using client = await connect(
      older,
      { port: server.port, reconnect: false },
      {
        said({ text: said }) {
          heard.push(said);
          if (heard.length === 40) enough.resolve();
        },
      },
    );
    client.send({ type: "ask", text: "what?" });
    await within(enough.promise, () => `forty messages, got ${heard.length}`);
    expect(heard).toEqual(Array.from({ length: 40 }, (_, index) => `${index}`));
    expect(client.connection?.stats).toMatchObject({ messagesUnknown: 40, messagesRefused: 40 });
  });

  test("talk the other way round: an older server ignores what it does not know", async () => {
    await using server = serve(
      older,
      { port: 0 },
      {
        ask: ({ text: asked }, connection) =>
          void connection.send({ type: "said", text: asked, mood: "calm" }),
      },
    );
    const answer = Promise.withResolvers<string>();
    await using client = await connect(
      newer,
      { port: server.port, reconnect: false },
      { said: ({ text: said }) => answer.resolve(said) },
    );
    for (let index = 0; index < 1_000; index += 1) client.send({ type: "shout", text: "hey" });
    client.send({ type: "ask", text: "still there?" });
    expect(await within(answer.promise, () => "an answer")).toBe("still there?");
    expect(server.stats()).toMatchObject({ messagesUnknown: 1_000, messagesReceived: 1 });
  });
});
