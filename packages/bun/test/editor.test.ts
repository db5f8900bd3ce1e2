// What an editor shows of a program that uses Typewire: hovers that can be read, a way from a handler to
// the protocol, and a rename that reaches both.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { LanguageServer, type Position } from "./support/language-server.ts";

const file = new URL("./fixtures/conversation.ts", import.meta.url).pathname;
let server: LanguageServer;
let lines: readonly string[];

beforeAll(async () => {
  server = await LanguageServer.open(file);
  lines = (await Bun.file(file).text()).split("\n");
});

afterAll(() => server[Symbol.asyncDispose]());

/** Where `name` stands in the first line that has `code`. */
function at(name: string, code: string): Position {
  const line = lines.findIndex((text) => text.includes(code));
  return { line, character: lines[line]?.indexOf(name) ?? -1 };
}

/** The lines of the fixture that these places are in. */
function linesOf(places: readonly { readonly start: Position }[]): string[] {
  return places.map(({ start }) => lines[start.line]?.trim() ?? "").sort();
}

const oneLine = (hover: string): string => hover.replace(/\s+/g, " ");

describe("a hover", () => {
  test("of a message has its fields", async () => {
    expect(oneLine(await server.hover(file, at("m", "said: (m")))).toBe(
      '(parameter) m: { type: "said"; from: string; text: string; at: Date; }',
    );
    expect(oneLine(await server.hover(file, at("spoken", "say(spoken")))).toBe(
      '(parameter) spoken: { type: "say"; text: string; }',
    );
  });

  test("of a connection, a client or a server has the messages that it sends, and no schema", async () => {
    const toServer = '{ type: "say"; text: string; }';
    expect(oneLine(await server.hover(file, at("self", "said: (m, self")))).toBe(
      `(parameter) self: Connection<${toServer}>`,
    );
    expect(oneLine(await server.hover(file, at("client", "const client")))).toBe(
      `const client: Client<${toServer}, CallFunctions<NoCalls>, TryFunctions<NoCalls>>`,
    );
    const connection = await server.hover(file, at("connection", "say(spoken"));
    expect(connection).toContain("MemberConnection<{");
    const serving = await server.hover(file, at("server", "const server"));
    expect(serving).toContain("Server<{");
    for (const hover of [connection, serving]) {
      for (const name of ["welcome", "greeting", "said"])
        expect(hover).toContain(`type: "${name}"`);
      expect(hover).not.toContain("TObject");
      expect(hover.length).toBeLessThan(260);
    }
  });

  test("of serve or connect names the types of its options, handlers and result", async () => {
    const serving = oneLine(await server.hover(file, at("serve(", "const server")));
    for (const type of ["options: ServeOptions<", "handlers?: HandlersIn<", "): Server<"])
      expect(serving).toContain(type);
    const connecting = oneLine(await server.hover(file, at("connect(", "await connect")));
    for (const type of ["options: ConnectOptions<", "handlers?: Handlers<", "): Promise<"])
      expect(connecting).toContain(type);
    // The protocol's own type stands in both twice, as far as the compiler prints it.
    for (const hover of [serving, connecting])
      expect(hover.slice(0, hover.lastIndexOf("): ")).length).toBeLessThan(600);
  });

  test("of serve with calls is no larger, and its handlers are not optional", async () => {
    const serving = oneLine(await server.hover(file, at("serve(", "const answering")));
    expect(serving).toContain("handlers: HandlersIn<");
    expect(serving).toContain("): Server<");
    expect(serving.slice(0, serving.lastIndexOf("): ")).length).toBeLessThan(700);
  });

  test("of a handler has the message, the connection, and any result", async () => {
    expect(oneLine(await server.hover(file, at("said", "said: (m")))).toBe(
      '(property) said?: (message: { type: "said"; from: string; text: string; at: Date; }, ' +
        'connection: Connection<{ type: "say"; text: string; }>) => any',
    );
  });
});

describe("from a handler", () => {
  test("go to definition leads to the message in the protocol", async () => {
    expect(linesOf(await server.definition(file, at("say", "say(spoken")))).toEqual([
      "say: Type.Object({ text: Type.String() }),",
    ]);
    expect(linesOf(await server.definition(file, at("said", "said: (m")))).toEqual([
      "said: Type.Object({ from: Type.String(), text: Type.String(), at: Type.Date() }),",
    ]);
  });

  test("go to definition of a field leads to its schema", async () => {
    expect(linesOf(await server.definition(file, at("at.getTime", "said: (m")))).toEqual([
      "said: Type.Object({ from: Type.String(), text: Type.String(), at: Type.Date() }),",
    ]);
  });

  test("a rename reaches the protocol, and one in the protocol reaches the handler", async () => {
    const both = ["say(spoken, connection) {", "say: Type.Object({ text: Type.String() }),"];
    expect(linesOf(await server.rename(file, at("say", "say(spoken")))).toEqual(both);
    expect(linesOf(await server.rename(file, at("say", "say: Type.Object")))).toEqual(both);
  });
});
