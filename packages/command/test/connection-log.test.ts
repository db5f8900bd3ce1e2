import { describe, expect, test } from "bun:test";

import { TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import { ConnectionLog, createLog, sharedEvents } from "../src/index.ts";

const ours = "0123456789abcdef";

function watch(trace: boolean, quotesPeer = false): { watcher: ConnectionLog; lines: string[] } {
  const lines: string[] = [];
  const log = createLog(sharedEvents, {
    format: "human",
    language: "en",
    colours: false,
    write: (text) => lines.push(...text.trimEnd().split("\n")),
  });
  const connection = "127.0.0.1:9";
  return {
    watcher: new ConnectionLog({ log, connection, fingerprint: ours, trace, quotesPeer }),
    lines,
  };
}

const say = { type: "say", text: "hola" } as const;
const frame = saludo.client.encodeFrame(say);

describe("ConnectionLog", () => {
  test("mentions a peer whose schema differs, and no other", () => {
    const { watcher, lines } = watch(false);
    const hello = { type: "$hello", protocol: "saludo", version: 1 } as const;
    watcher.hello(hello);
    watcher.hello({ ...hello, fingerprint: ours });
    expect(lines).toEqual([]);
    watcher.hello({ ...hello, fingerprint: "fedcba9876543210" });
    watcher.hello({ ...hello, fingerprint: "hola, log" });
    expect(lines).toEqual([
      `[WARNING] 127.0.0.1:9 has another schema of this protocol (fedcba9876543210, here ${ours})`,
      `[WARNING] 127.0.0.1:9 has another schema of this protocol (unreadable, here ${ours})`,
    ]);
  });

  test("repeats nothing of what a stranger says", () => {
    const { watcher, lines } = watch(false);
    watcher.refused(new TypewireError("unknown-type", 'Unknown message type "hola": expected say'));
    watcher.refused(new TypewireError("schema-mismatch", "schema-mismatch at /text: expected a"));
    watcher.peerError({ type: "$error", code: "internal", message: "hola" });
    watcher.peerError({ type: "$error", code: "hola, log", message: "hola" });
    expect(lines).toEqual([
      "[REFUSED] A message from 127.0.0.1:9: Its type is none that this protocol has in this direction",
      "[REFUSED] A message from 127.0.0.1:9: schema-mismatch at /text: expected a",
      "[WARNING] 127.0.0.1:9 reports internal",
      "[WARNING] 127.0.0.1:9 reports an unknown code",
    ]);
  });

  test("says which message was refused, and what the peer reports, where it may be quoted", () => {
    const { watcher, lines } = watch(false, true);
    watcher.refused(new TypewireError("unknown-type", 'unknown-type: no "shout" here'));
    watcher.peerError({ type: "$error", code: "internal", message: "a\u001b[2J\nb" });
    expect(lines).toEqual([
      '[REFUSED] A message from 127.0.0.1:9: unknown-type: no "shout" here',
      "[WARNING] 127.0.0.1:9 reports internal: a\\u001b[2J\\nb",
    ]);
  });

  test("shows messages with trace only, with the tutorial's tags and order", () => {
    const silent = watch(false);
    silent.watcher.sent(say, frame, 0, frame.length);
    expect(silent.lines).toEqual([]);

    const { watcher, lines } = watch(true);
    watcher.sent(say, frame, 0, frame.length);
    watcher.received(say, frame, 10, frame.length);
    const hex = saludo.client.encode(say).toHex();
    expect(lines).toEqual([
      "[TYPE] say, to 127.0.0.1:9",
      '[MESSAGE] {type: "say", text: "hola"}',
      `[MESSAGE ENCODED] ${hex}`,
      '[HEADER] "20        "',
      '[HEADER] "20        ", from 127.0.0.1:9',
      `[RECEIVED ENCODED] ${hex}`,
      '[RECEIVED DECODED] {type: "say", text: "hola"}',
    ]);
  });

  test("cuts the dump of a large message", () => {
    const { watcher, lines } = watch(true);
    const large = { type: "say", text: "x".repeat(4096) } as const;
    const bytes = saludo.client.encodeFrame(large);
    watcher.sent(large, bytes, 0, bytes.length);
    const dump = lines.find((line) => line.startsWith("[MESSAGE ENCODED]"));
    expect(dump).toEndWith("…");
    expect(dump).toHaveLength("[MESSAGE ENCODED] ".length + 2 * 2048 + 1);
  });
});
