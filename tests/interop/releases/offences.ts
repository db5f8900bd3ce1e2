// What the executables say to peers that are scripts: those that leave out what may be left out, and those
// that offend, one for each code that an executable can be brought to send.

import { encodeHeader } from "@typewire/protocol";

import type { Scene } from "./stage.ts";

const helloOf = (version: number): string =>
  frame(
    `a3 ${text("type")} ${text("$hello")} ${text("protocol")} ${text("saludo")} ${text("version")} 0${version}`,
  );
const say = (value: string): string =>
  frame(`a2 ${text("type")} ${text("say")} ${text("text")} ${value}`);
const welcome = (value: string): string =>
  frame(`a2 ${text("type")} ${text("welcome")} ${text("text")} ${value}`);
const named = (type: string): string => frame(`a1 ${text("type")} ${text(type)}`);
const bye = frame(`a2 ${text("type")} ${text("$bye")} ${text("reason")} ${text("done")}`);
const nonceHello = frame(
  `a4 ${text("type")} ${text("$hello")} ${text("protocol")} ${text("saludo")} ${text("version")} 01 ` +
    `${text("nonce")} 5820 ${"5a".repeat(32)}`,
);
const wrongProof = frame(
  `a2 ${text("type")} ${text("$proof")} ${text("mac")} 5820 ${"00".repeat(32)}`,
);
const deep = `${"81".repeat(40)}00`;

/** Hex that breaks the frame or the profile at either end, by the code that it earns. */
const brokenBytes: readonly (readonly [string, string])[] = [
  ["header-invalid", ascii("GET / HTTP/1.1\r\n\r\n")],
  ["frame-empty", ascii("0         ")],
  ["frame-too-large", ascii("1048577   ")],
  ["cbor-malformed", frame("a2 64 74797065")],
  ["cbor-unsupported", frame(`c0 ${text("a tag")}`)],
  ["cbor-limit", frame(deep)],
  ["protocol-mismatch", helloOf(2)],
];

const toServer: readonly Scene[] = [
  ...brokenBytes.map(([code, hex]) => offendServer(code, [hex])),
  offendServer("schema-mismatch", [helloOf(1), say("05"), say(text("hola")), bye]),
  offendServer("unknown-type", [helloOf(1), named("shout"), bye]),
  offendServer("too-many-errors", [helloOf(1), ...Array<string>(11).fill(say("05"))]),
  offendServer("hello-required", [say(text("hola"))], ["--require-hello"]),
  offendServer("hello-timeout", [], ["--require-hello", "--limit", "helloDeadlineMs=200ms"]),
  offendServer("frame-timeout", [ascii("4         a1")], ["--limit", "frameDeadlineMs=200ms"]),
  offendServer("frame-truncated", [ascii("4         a1"), "FIN"]),
  offendServer("auth-failed", [nonceHello, wrongProof], ["--secret-file", "SECRET_FILE"]),
  {
    name: "a script never says hello to the server, and is served",
    server: { player: "executable" },
    client: { player: "script" },
    async play(stage) {
      const server = await stage.server();
      const script = await stage.scriptedClient();
      await script.send(fromHex(say(text("hola"))));
      await stage.said("server", "greeting");
      await script.send(fromHex(pingOf(7)));
      await stage.said("server", "$pong");
      server.leave();
      await stage.said("server", "$bye");
      script.shutdown();
      await stage.over();
    },
  },
];

const toClient: readonly Scene[] = [
  ...brokenBytes.map(([code, hex]) => offendClient(code, [hex])),
  offendClient("schema-mismatch", [helloOf(1), welcome("05"), welcome(text("hola")), bye, "FIN"]),
  offendClient("unknown-type", [helloOf(1), named("shout"), bye, "FIN"]),
  offendClient("too-many-errors", [helloOf(1), ...Array<string>(11).fill(welcome("05"))]),
  offendClient("frame-truncated", [helloOf(1), ascii("4         a1"), "FIN"]),
  offendClient("auth-failed", [nonceHello, wrongProof], ["--secret-file", "SECRET_FILE"]),
  {
    name: "a script never says hello to the client, and is listened to",
    server: { player: "script" },
    client: { player: "executable" },
    async play(stage) {
      const listener = stage.scriptedServer();
      const client = await stage.client();
      const script = await listener.accept();
      await script.send(fromHex(welcome(text("hola"))));
      await script.send(fromHex(pingOf(7)));
      await stage.said("client", "$pong");
      client.leave();
      await stage.said("client", "$bye");
      script.shutdown();
      await stage.over();
    },
  },
];

export const offences: readonly Scene[] = [...toServer, ...toClient];

/** A script sends this to the server. "FIN" ends its half. */
function offendServer(code: string, sent: readonly string[], flags: readonly string[] = []): Scene {
  return {
    name: `a script offends the server: ${code}`,
    server: { player: "executable", flags },
    client: { player: "script" },
    async play(stage) {
      await stage.server();
      const script = await stage.scriptedClient();
      await stage.said("server", "$hello");
      for (const hex of sent) {
        if (hex === "FIN") script.shutdown();
        else await script.send(fromHex(hex));
      }
      await stage.said("server", "$error");
      await script.ended;
      script.shutdown();
      await stage.over();
    },
  };
}

/** A script sends this to the client. "FIN" ends its half. */
function offendClient(code: string, sent: readonly string[], flags: readonly string[] = []): Scene {
  return {
    name: `a script offends the client: ${code}`,
    server: { player: "script" },
    client: { player: "executable", flags },
    async play(stage) {
      const listener = stage.scriptedServer();
      await stage.client();
      const script = await listener.accept();
      await stage.said("client", "$hello");
      for (const hex of sent) {
        if (hex === "FIN") script.shutdown();
        else await script.send(fromHex(hex));
      }
      await stage.said("client", "$error");
      await script.ended;
      script.shutdown();
      await stage.over();
    },
  };
}

function pingOf(id: number): string {
  return frame(`a2 ${text("type")} ${text("$ping")} ${text("id")} 0${id}`);
}

/** A CBOR text of at most 23 bytes. */
function text(value: string): string {
  return `${(0x60 + value.length).toString(16)}${ascii(value)}`;
}

/** A payload behind its header. */
function frame(payload: string): string {
  const hex = payload.replaceAll(" ", "");
  return Buffer.from(encodeHeader(hex.length / 2)).toString("hex") + hex;
}

function ascii(value: string): string {
  return Buffer.from(value, "latin1").toString("hex");
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}
