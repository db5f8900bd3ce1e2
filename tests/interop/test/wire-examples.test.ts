// Every byte example in docs/wire.md, judged by our codec and by cbor2.

import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { join } from "node:path";

import { createEndpoint, LiveConnection } from "@typewire/connection";
import {
  callErrorCodes,
  type ControlMessage,
  decodeHeader,
  defaultLimits,
  encodeHeader,
  FrameReader,
  HEADER_BYTES,
  isFatal,
  TypewireError,
  type WireErrorCode,
} from "@typewire/protocol";
import { ByteWriter, toDiagnostic } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";
import { concatenate, MemorySocket } from "@typewire/testkit";

import { market } from "./market.ts";
import { askCbor2, describeCbor2 } from "./python.ts";

/** The calls of the page's examples, by their ids. */
const marketCalls = ["", "$authenticate", "quote", "quote", "tail", "upload"];

interface Example {
  readonly sender: "server" | "client";
  /** Whether it is of `market`, not of `saludo`. */
  readonly isOfMarket: boolean;
  readonly frame: Uint8Array;
  readonly notation: string;
}

const page = await Bun.file(join(import.meta.dir, "../../../docs/wire.md")).text();

const examples = [
  ...page.matchAll(/^```hex (server|client)( market)?\n([^`]*)^```\n\n```cbor-diag\n(.*)\n```$/gm),
].map(([, sender, ofMarket, hex = "", notation = ""]): Example => ({
  sender: sender === "server" ? "server" : "client",
  isOfMarket: ofMarket !== undefined,
  frame: fromHex(hex.replaceAll(/#.*$/gm, "")),
  notation,
}));

describe("the annotated frames of docs/wire.md", () => {
  test("all have their notation below them", () => {
    expect(examples.length).toBe(page.match(/^```hex/gm)?.length ?? 0);
    expect(examples.length).toBeGreaterThan(8);
  });

  test.each([...examples])("$sender: $notation", ({ sender, isOfMarket, frame, notation }) => {
    const payloads: Uint8Array[] = [];
    new FrameReader().push(frame, (bytes, start, end) => payloads.push(bytes.slice(start, end)));
    const [payload = new Uint8Array()] = payloads;

    expect(payloads).toHaveLength(1);
    expect(toDiagnostic(payload)).toBe(notation);
    const codec = (isOfMarket ? market : saludo)[sender];
    const message = codec.decodeIncoming(payload, 0, payload.length, undefined, nameOfCall);
    const { type }: { type: string } = message;
    expect(type).toBe(/"type": "([^"]+)"/.exec(notation)?.[1] ?? "");
  });

  test.each(examples.filter(({ notation }) => !notation.includes('"$')))(
    "are what the codec writes: $notation",
    ({ sender, frame }) => {
      const payload = frame.subarray(HEADER_BYTES);
      const rewritten =
        sender === "server"
          ? saludo.server.encodeFrame(saludo.server.decode(payload))
          : saludo.client.encodeFrame(saludo.client.decode(payload));
      expect(toHex(rewritten)).toBe(toHex(frame));
    },
  );
});

describe("the market protocol of docs/wire.md", () => {
  const ofMarket = examples.filter((one) => one.isOfMarket);

  test("has an example of each message of calls", () => {
    const types = ofMarket.map(({ notation }) => /"type": "([^"]+)"/.exec(notation)?.[1] ?? "");
    const all = ["$call", "$item", "$end", "$credit", "$cancel", "$result", "$drain"];
    expect([...new Set(types)].toSorted()).toEqual(all.toSorted());
  });

  test.each(ofMarket)("is written by the codec as shown: $notation", ({ sender, frame }) => {
    const payload = frame.subarray(HEADER_BYTES);
    const limits = undefined;
    const read = market[sender].decodeIncoming(payload, 0, payload.length, limits, nameOfCall);
    const writer = new ByteWriter();
    writeInto(writer, market[sender], read as ControlMessage);
    expect(toHex(writer.copy())).toBe(toHex(frame));
  });
});

describe("the codes of calls in docs/wire.md", () => {
  const rows = rowsOf("a call's code");

  test("are ours, and those that a protocol declares", () => {
    const codes = rows.map(([code]) => code);
    expect(codes.toSorted()).toEqual([...callErrorCodes, "_declared_"].toSorted());
  });
});

describeCbor2("cbor2, the outside judge", () => {
  test("reads the annotated frames of docs/wire.md as the page does", () => {
    const payloads = examples.map(({ frame }) => toHex(frame.subarray(HEADER_BYTES)));

    const printed = askCbor2("diagnose.py", `${payloads.join("\n")}\n`);

    expect(printed.trimEnd().split("\n")).toEqual(examples.map(({ notation }) => notation));
  });
});

describe("the shared secret of docs/wire.md", () => {
  const [, secret = ""] = /with the secret `([^`]+)`/.exec(page) ?? [];
  const labels = [...page.matchAll(/"(typewire secret 1: (server|client))\\n"/g)];
  const framesOf = (sender: Example["sender"], type: string): Uint8Array[] =>
    examples
      .filter((one) => one.sender === sender && one.notation.includes(`"type": "${type}"`))
      .map(({ frame }) => frame);

  test.each(["client", "server"] as const)("its %s proof is what the text says", (prover) => {
    const label = labels.find(([, , role]) => role === prover)?.[1] ?? "";
    const [clientHello = new Uint8Array()] = framesOf("client", "$hello");
    const [serverHello = new Uint8Array()] = framesOf("server", "$hello");
    const [proof = new Uint8Array()] = framesOf(prover, "$proof");
    const code = createHmac("sha256", secret).update(`${label}\n`).update(clientHello);
    expect(toHex(proof)).toEndWith(`5820${code.update(serverHello).digest("hex")}`);
  });

  test("its proofs are ours: a client's connection makes the first and takes the second", async () => {
    const [clientHello = new Uint8Array()] = framesOf("client", "$hello");
    const [serverHello = new Uint8Array()] = framesOf("server", "$hello");
    const [clientProof = new Uint8Array()] = framesOf("client", "$proof");
    const [serverProof = new Uint8Array()] = framesOf("server", "$proof");
    const nonce = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index);
    const endpoint = createEndpoint(
      saludo,
      "client",
      {},
      {
        secret: {
          hmacSha256: (bytes) => createHmac("sha256", secret).update(bytes).digest(),
          randomBytes: () => nonce,
        },
      },
    );
    const { protocol, version } = endpoint.hello;
    const bare = { ...endpoint, hello: { type: "$hello", protocol, version } as const };
    const connection = new LiveConnection(bare, "server");
    const socket = new MemorySocket();
    socket.events = connection;
    connection.opened(socket);
    connection.receive(serverHello);
    await new Promise((resolve) => setImmediate(resolve));
    expect(toHex(socket.written)).toBe(toHex(concatenate([clientHello, clientProof])));
    connection.receive(serverProof);
    expect(connection.state).toBe("open");
    connection.destroy();
  });
});

describe("the table of headers in docs/wire.md", () => {
  test.each(rowsOf("Header (hex)"))("%s: %s", (hex, _meaning, outcome) => {
    const header = fromHex(hex);
    expect(header).toHaveLength(HEADER_BYTES);
    const push = () => new FrameReader().push(header, () => {});

    if (/^\d+$/.test(outcome)) {
      expect(push).not.toThrow();
      expect(decodeHeader(header)).toBe(Number(outcome));
    } else {
      expect(codeOf(push)).toBe(outcome);
    }
  });
});

describe("the table of payloads in docs/wire.md", () => {
  test.each(rowsOf("Payload (hex)"))("%s: %s", (hex, _meaning, outcome) => {
    const payload = fromHex(hex);

    const code = codeOf(() => saludo.client.decode(payload));

    expect(code ?? "accepted").toBe(outcome);
  });
});

describe("the table of errors in docs/wire.md", () => {
  const rows = rowsOf("code ");

  test("has every code that travels, and no other", () => {
    const known: Record<WireErrorCode, true> = {
      "header-invalid": true,
      "frame-empty": true,
      "frame-too-large": true,
      "frame-truncated": true,
      "frame-timeout": true,
      "cbor-malformed": true,
      "cbor-unsupported": true,
      "cbor-limit": true,
      "schema-mismatch": true,
      "unknown-type": true,
      "too-many-errors": true,
      "protocol-mismatch": true,
      "hello-timeout": true,
      "hello-required": true,
      "auth-required": true,
      "auth-failed": true,
      "auth-expired": true,
      "slow-consumer": true,
      "heartbeat-lost": true,
      "write-timeout": true,
      "too-many-connections": true,
      "shutting-down": true,
      internal: true,
    };
    expect(rows.map(([code]) => code)).toEqual(Object.keys(known));
  });

  test.each(rows)("says rightly whether %s is fatal: %s", (code, fatal) => {
    expect(fatal).toBe(isFatal(code as WireErrorCode) ? "yes" : "no");
  });
});

describe("the numbers in docs/wire.md", () => {
  test("are the defaults of the code", () => {
    expect(defaultLimits).toEqual({ maxFrameBytes: 1_048_576, maxNesting: 32, maxItems: 65_536 });
    for (const sentence of [
      "It is 1 048 576 (1 MiB)",
      "more than 32 levels",
      "more than 65 536 data items",
    ]) {
      expect(page.includes(sentence), sentence).toBe(true);
    }
  });

  test("in the hello are those of saludo", () => {
    const hello = examples.find(({ notation }) => notation.includes('"$hello"'));
    const { name, version } = saludo;
    expect(hello?.notation).toContain(`"protocol": "${name}", "version": ${version}`);
    expect(hello?.notation).toMatch(/"fingerprint": "[0-9a-f]{16}"/);
    expect(saludo.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  test("the first frame of the page is one", () => {
    const [, header = "", json = ""] = /^"(\d+ +)" (\{.*\})$/m.exec(page) ?? [];
    const payload = saludo.server.encode(JSON.parse(json));
    expect(header).toBe(new TextDecoder().decode(encodeHeader(payload.length)));
  });
});

/** The name of the call of `market` with this id in the examples. */
function nameOfCall(id: number): string | undefined {
  return marketCalls[id];
}

/** Writes a message of a call as a connection does. */
function writeInto(
  writer: ByteWriter,
  codec: (typeof market)["server" | "client"],
  message: ControlMessage,
): void {
  switch (message.type) {
    case "$call":
      return codec.encodeCallInto(message, message.call, writer);
    case "$item":
    case "$result":
      return codec.encodeCallInto(message, nameOfCall(message.id) ?? "", writer);
    default:
      return codec.encodeInto(message, writer);
  }
}

/** The cells of the table whose first column has this title, without their backticks. */
function rowsOf(title: string): [string, string, string][] {
  const [, after = ""] = page.split(`\n| ${title}`);
  const [table = ""] = after.split("\n\n");
  const rows = table.split("\n").slice(2);
  return rows.map((row) => {
    const [first = "", second = "", third = ""] = row.split("|").slice(1).map(unquoted);
    return [first, second, third];
  });
}

function unquoted(cell: string): string {
  return cell.trim().replace(/^`(.*)`$/, "$1");
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof TypewireError)) throw error;
    return error.code;
  }
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
