import { describe, expect, test } from "bun:test";

import type { Connection } from "@typewire/connection";
import { type AnyMessage, TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import { connectionLog, createLog, sharedEvents } from "../src/index.ts";

const ours = "0123456789abcdef";

/** A log of one peer: what its observer does, and the lines that come of it. */
function watch(trace: boolean, quotesPeer = false) {
  const lines: string[] = [];
  const log = createLog(sharedEvents, {
    format: "human",
    language: "en",
    colours: false,
    write: (text) => lines.push(...text.trimEnd().split("\n")),
  });
  return { watcher: connectionLog({ log, fingerprint: ours, trace, quotesPeer }), lines };
}

const say = { type: "say", text: "hola" } as const;
const frame = saludo.client.encodeFrame(say);

/** Only its name is looked at. */
const peer = { name: "127.0.0.1:9" } as Connection<AnyMessage>;

describe("connectionLog", () => {
  test("mentions a peer whose schema differs, and no other", () => {
    const { watcher, lines } = watch(false);
    const hello = { type: "$hello", protocol: "saludo", version: 1 } as const;
    watcher.onHello?.(peer, hello);
    watcher.onHello?.(peer, { ...hello, fingerprint: ours });
    expect(lines).toEqual([]);
    watcher.onHello?.(peer, { ...hello, fingerprint: "fedcba9876543210" });
    watcher.onHello?.(peer, { ...hello, fingerprint: "hola, log" });
    expect(lines).toEqual([
      `[WARNING] 127.0.0.1:9 has another schema of this protocol (fedcba9876543210, here ${ours})`,
      `[WARNING] 127.0.0.1:9 has another schema of this protocol (unreadable, here ${ours})`,
    ]);
  });

  test("repeats nothing of what a stranger says", () => {
    const { watcher, lines } = watch(false);
    watcher.onRefused?.(
      peer,
      new TypewireError("unknown-type", 'Unknown message type "hola": expected say'),
    );
    watcher.onRefused?.(
      peer,
      new TypewireError("schema-mismatch", "schema-mismatch at /text: expected a"),
    );
    watcher.onPeerError?.(peer, { type: "$error", code: "internal", message: "hola" });
    watcher.onPeerError?.(peer, { type: "$error", code: "hola, log", message: "hola" });
    expect(lines).toEqual([
      "[REFUSED] A message from 127.0.0.1:9: Its type is none that this protocol has in this direction",
      "[REFUSED] A message from 127.0.0.1:9: schema-mismatch at /text: expected a",
      "[WARNING] 127.0.0.1:9 reports internal",
      "[WARNING] 127.0.0.1:9 reports an unknown code",
    ]);
  });

  test("says which message was refused, and what the peer reports, where it may be quoted", () => {
    const { watcher, lines } = watch(false, true);
    watcher.onRefused?.(peer, new TypewireError("unknown-type", 'unknown-type: no "shout" here'));
    watcher.onPeerError?.(peer, { type: "$error", code: "internal", message: "a\u001b[2J\nb" });
    expect(lines).toEqual([
      '[REFUSED] A message from 127.0.0.1:9: unknown-type: no "shout" here',
      "[WARNING] 127.0.0.1:9 reports internal: a\\u001b[2J\\nb",
    ]);
  });

  test("shows messages with trace only, with the tutorial's tags and order", () => {
    const silent = watch(false);
    silent.watcher.onSent?.(peer, say, frame, 0, frame.length);
    expect(silent.lines).toEqual([]);

    const { watcher, lines } = watch(true);
    watcher.onSent?.(peer, say, frame, 0, frame.length);
    watcher.onReceived?.(peer, say, frame, 10, frame.length);
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
    watcher.onSent?.(peer, large, bytes, 0, bytes.length);
    const dump = lines.find((line) => line.startsWith("[MESSAGE ENCODED]"));
    expect(dump).toEndWith("…");
    expect(dump).toHaveLength("[MESSAGE ENCODED] ".length + 2 * 2048 + 1);
  });
});
