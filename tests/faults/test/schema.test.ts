// S: well-formed messages that are not messages of the protocol, and handlers that fail.

import { afterAll, beforeAll, describe, expect } from "bun:test";

import { serve } from "@typewire/bun";
import { saludo } from "@typewire/protocol/saludo";
import type { ServerHandlers, ServerOptions } from "@typewire/server";

import { Arena } from "../src/arena.ts";
import { type ByteRow, byteRows, expectOneReason } from "../src/byte-rows.ts";
import {
  carrying,
  concat,
  frame,
  head,
  hello,
  hex,
  map,
  message,
  repeated,
  text,
} from "../src/cbor.ts";
import { Offender } from "../src/offender.ts";
import { row, rowsEnd } from "../src/row.ts";

const SECRET = "what-nobody-may-repeat";

const mismatch = (name: string, payload: Uint8Array, path: string): ByteRow => ({
  name,
  bytes: frame(payload),
  forgiven: "schema-mismatch",
  path,
});
const unknown = (name: string, payload: Uint8Array): ByteRow => ({
  name,
  bytes: frame(payload),
  forgiven: "unknown-type",
  quotesType: true,
});
const sayWith = (item: Uint8Array): Uint8Array => message("say", text("text"), item);

const rows: readonly ByteRow[] = [
  mismatch("S1 a field missing", message("say"), "/text"),
  mismatch("S1 null", sayWith(hex("f6")), "/text"),
  mismatch("S1 another type", sayWith(hex("01")), "/text"),
  mismatch(
    "S1 bytes for text",
    sayWith(concat(head("bytes", SECRET.length), text(SECRET).subarray(1))),
    "/text",
  ),
  mismatch("S1 shorter than allowed", sayWith(text("")), "/text"),
  {
    name: "S1 as long as allowed",
    bytes: frame(sayWith(text("x".repeat(4096)))),
    said: "x".repeat(4096),
  },
  mismatch("S1 longer than allowed", sayWith(text("x".repeat(4097))), "/text"),
  { name: "S1 a field that no schema has", bytes: frame(carrying(text(SECRET))), said: "hola" },
  mismatch("S2 an array for a message", hex("80"), ""),
  mismatch("S2 a number for a message", hex("01"), ""),
  mismatch("S2 a map for text", sayWith(map()), "/text"),
  mismatch("S2 an array for text", sayWith(hex("80")), "/text"),
  mismatch("S2 a message without a type", map(text("text"), text("hola")), "/type"),
  mismatch("S2 a type that is no text", map(text("type"), hex("01")), "/type"),
  ...["toString", "constructor", "hasOwnProperty", "valueOf", "", "say\0", "SAY"].map((name) =>
    unknown(`S3 a message of the type ${JSON.stringify(name)}`, message(name)),
  ),
  mismatch(
    "S7 a megabyte where 4 096 characters are allowed",
    sayWith(text("x".repeat(1_048_000))),
    "/text",
  ),
  unknown("S9 a type that no protocol has", message("shout")),
  {
    name: "S9 another version",
    bytes: hello([], { protocol: "saludo", version: 2 }),
    fatal: "protocol-mismatch",
  },
  {
    name: "S9 another protocol",
    bytes: hello([], { protocol: "telnet", version: 1 }),
    fatal: "protocol-mismatch",
  },
  unknown("S10 a message that goes the other way", message("said", text("from"), text("me"))),
  unknown("S14 a type of a megabyte", message("x".repeat(1_048_000))),
];

describe("typewire-server, messages", () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await Arena.open();
  }, 60_000);
  afterAll(() => arena[Symbol.asyncDispose]());

  byteRows(() => arena, rows);

  row("S1 no refusal repeats the value", () =>
    arena.withstand(async () => {
      using offender = await Offender.connect(arena.port);
      await offender.peer.send(frame(sayWith(map(text(SECRET), text(SECRET)))));
      const { message: sentence } = await offender.refusal();
      expect(sentence).not.toContain(SECRET);
      await offender.leave();
      await arena.log.endOf(offender.name);
      const lines = arena.log.lines.filter(({ connection }) => connection === offender.name);
      expect(JSON.stringify(lines)).not.toContain(SECRET);
    }),
  );

  row("S9 the refusal of another version names both", () =>
    arena.withstand(async () => {
      using offender = await Offender.connect(arena.port);
      await offender.peer.send(hello([], { protocol: "saludo", version: 7 }));
      const { message: sentence } = await offender.refusal();
      expect(sentence).toMatch(/saludo 1\b.*saludo 7\b/);
      await offender.leave();
    }),
  );

  row("S11 ten bad messages are forgiven, the eleventh is not", () =>
    arena.withstand(async () => {
      using offender = await Offender.connect(arena.port);
      await offender.peer.send(repeated(frame(message("say")), 10));
      for (let count = 0; count < 10; count += 1) {
        expect(await offender.refusal()).toMatchObject({ code: "schema-mismatch" });
      }
      await offender.peer.send(frame(message("say")));
      expect(await offender.refusal()).toMatchObject({ code: "too-many-errors" });
      await offender.leave();
      await expectOneReason(arena, offender.name, "too-many-errors");
    }),
  );

  row("S11 a peer of another version says 900 messages in vain, and stays", () =>
    arena.withstand(async () => {
      using offender = await Offender.connect(arena.port);
      using witness = await Offender.connect(arena.port);
      const fingerprint = [text("fingerprint"), text("0123456789abcdef")];
      await offender.peer.send(hello(fingerprint, { protocol: "saludo", version: 1 }));
      const inVain = concat(frame(message("say")), frame(message("shout")), frame(message("$new")));
      await offender.peer.send(repeated(inVain, 900));
      const codes: string[] = [];
      for (let count = 0; count < 11; count += 1) codes.push((await offender.refusal()).code);
      expect(codes.toSorted()).toEqual([
        ...Array<string>(10).fill("schema-mismatch"),
        "unknown-type",
      ]);
      await offender.say("afterwards");
      expect(await witness.heardFrom(offender.name)).toBe("afterwards");
      await offender.peer.send(repeated(inVain, 101));
      expect(await offender.refusal()).toMatchObject({ code: "too-many-errors" });
      await offender.leave();
      await expectOneReason(arena, offender.name, "too-many-errors");
    }),
  );

  rowsEnd("S");
});

/** A server in this process: for handlers, which the executable has none of. */
async function withServer(
  handlers: ServerHandlers<typeof saludo>,
  body: (port: number, failures: unknown[]) => Promise<void>,
  options: ServerOptions<typeof saludo> = {},
): Promise<void> {
  const before = snapshotOfPrototype();
  const failures: unknown[] = [];
  await using server = serve(
    saludo,
    {
      port: 0,
      onHandlerError: (_connection, _name, error) => void failures.push(error),
      ...options,
    },
    handlers,
  );
  await body(server.port, failures);
  expect(snapshotOfPrototype()).toEqual(before);
}

const snapshotOfPrototype = (): PropertyKey[] => Reflect.ownKeys(Object.prototype);

describe("serve, handlers", () => {
  row("S12 our own invalid message is the handler's exception, and no byte of it leaves", () =>
    withServer(
      {
        say(_, connection) {
          // As if no compiler had been there.
          connection.send({ type: "welcome", text: 7 } as never);
        },
      },
      async (port, failures) => {
        using peer = await Offender.connect(port);
        await peer.say("hola");
        expect(await peer.refusal()).toMatchObject({ code: "internal" });
        await peer.leave();
        expect(failures).toMatchObject([{ code: "schema-mismatch", path: "/text" }]);
        expect(peer.messages).toEqual([]);
      },
    ),
  );

  const hostile = {
    get message(): string {
      throw new Error("a getter");
    },
    toString(): string {
      throw new Error("a conversion");
    },
  };
  for (const [what, thrown] of [
    ["an Error", new Error(SECRET)],
    ["a string", SECRET],
    ["null", null],
    ["an object with hostile getters", hostile],
  ] as const) {
    for (const how of ["throws", "rejects with"] as const) {
      row(`S13 a handler ${how} ${what}: internal, without a word of it, for that peer alone`, () =>
        withServer(
          {
            say({ text: content }, connection) {
              if (content === "fine") connection.send({ type: "welcome", text: "fine" });
              // eslint-disable-next-line typescript/only-throw-error -- what the row is about
              else if (how === "throws") throw thrown;
              else return Promise.reject(thrown);
              return undefined;
            },
          },
          async (port, failures) => {
            using other = await Offender.connect(port);
            using peer = await Offender.connect(port);
            await peer.say("fail");
            const refusal = await peer.refusal();
            expect(refusal.code).toBe("internal");
            expect(refusal.message).not.toContain(SECRET);
            await peer.leave();
            expect(failures).toHaveLength(1);
            await other.say("fine");
            expect(await other.next("welcome")).toMatchObject({ text: "fine" });
          },
        ),
      );
    }
  }

  row(
    "S13 a handler that answers after its peer has gone, and one that closes inside itself",
    async () => {
      const gone = Promise.withResolvers<void>();
      const answered = Promise.withResolvers<boolean>();
      await withServer(
        {
          async say({ text: content }, connection) {
            if (content === "close") return void connection.close();
            await gone.promise;
            answered.resolve(connection.send({ type: "welcome", text: "too late" }));
          },
        },
        async (port, failures) => {
          using peer = await Offender.connect(port);
          await peer.say("wait");
          await peer.peer.send(frame(message("$ping")));
          await peer.next("$pong");
          peer.peer.reset();
          expect(await answered.promise).toBe(false);
          using closing = await Offender.connect(port);
          await closing.say("close");
          await closing.next("$bye");
          await closing.leave();
          expect(failures).toEqual([]);
        },
        {
          onClose(_, { code }) {
            if (code === "connection-reset") gone.resolve();
          },
        },
      );
    },
  );
});
