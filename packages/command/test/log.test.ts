import { describe, expect, test } from "bun:test";
import { createLog, logEvent, type LogOptions } from "../src/index.ts";

const events = {
  listening: logEvent<{ address: string }>({
    level: "info",
    tag: "LISTENING",
    en: ({ address }) => `The server is listening on ${address}`,
    es: ({ address }) => `El servidor está a la escucha en ${address}`,
  }),
  connected: logEvent<{ peer: string; active: number }>({
    level: "warn",
    tag: "CONNECTED",
    en: ({ peer }) => peer,
    es: ({ peer }) => peer,
    more: ({ active }) => [["ACTIVE CONNECTIONS", `${active}`]],
    maxFieldLength: 10,
  }),
};

function logged(options: Partial<LogOptions>, peer = "p"): string {
  let written = "";
  const log = createLog(events, {
    format: "human",
    language: "en",
    colours: false,
    now: () => new Date("2026-01-31T12:00:00Z"),
    write: (text) => {
      written += text;
    },
    ...options,
  });
  log("listening", { address: "127.0.0.1:8080" });
  log("connected", { peer, active: 2 });
  return written;
}

describe("createLog", () => {
  test("writes the tutorial's tags before the sentence, in English", () => {
    expect(logged({})).toBe(
      "[LISTENING] The server is listening on 127.0.0.1:8080\n[CONNECTED] p\n[ACTIVE CONNECTIONS] 2\n",
    );
  });

  test("writes the same tags before the Spanish sentence", () => {
    expect(logged({ language: "es" })).toStartWith(
      "[LISTENING] El servidor está a la escucha en 127.0.0.1:8080\n",
    );
  });

  test("writes one JSON object a line with time, level, event and the fields", () => {
    const lines = logged({ format: "json" })
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const time = "2026-01-31T12:00:00.000Z";
    expect(lines).toEqual([
      { time, level: "info", event: "listening", address: "127.0.0.1:8080" },
      { time, level: "warn", event: "connected", peer: "p", active: 2 },
    ]);
  });

  test("colours the tag alone, by level", () => {
    expect(logged({ colours: true })).toContain("\u001b[33m[CONNECTED]\u001b[0m p\n");
  });

  test.each(["human", "json"] as const)(
    "shows no control character of a field in %s lines",
    (format) => {
      const written = logged({ format }, "\u001b[2J\n\u009b\u202e");
      expect(written.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
      expect(written.split("\n").length).toBe(format === "human" ? 4 : 3);
    },
  );

  test("cuts a field at the event's limit", () => {
    expect(logged({}, "x".repeat(11))).toContain(`[CONNECTED] ${"x".repeat(10)}…\n`);
    expect(logged({}, "x".repeat(10))).toContain(`[CONNECTED] ${"x".repeat(10)}\n`);
  });

  test("cuts no character in two", () => {
    expect(logged({}, `${"x".repeat(9)}👋👋`)).toContain(`[CONNECTED] ${"x".repeat(9)}…\n`);
    expect(logged({}, `${"x".repeat(8)}👋👋`)).toContain(`[CONNECTED] ${"x".repeat(8)}👋…\n`);
  });
});
