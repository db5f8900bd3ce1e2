import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import { createLog, limitLog, logEvent, sharedEvents, type Vocabulary } from "../src/index.ts";

const came = logEvent<{ connection: string }>({
  level: "info",
  tag: "CAME",
  en: ({ connection }) => connection,
  es: ({ connection }) => connection,
});

function limited<Events extends Vocabulary & typeof sharedEvents>(
  most: number,
  events: Events = sharedEvents as Events,
) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const whole = createLog(events, {
    format: "human",
    language: "en",
    colours: false,
    write: (text) => lines.push(text.trimEnd()),
  });
  return { clock, lines, ...limitLog(events, whole, { most, windowMs: 1000, clock }) };
}

const refused = (code: string) => ({ connection: "a:1", code, reason: code }) as const;

describe("limitLog", () => {
  test("writes the first lines of a reason, and at the window's end how many more there were", () => {
    const { clock, lines, log } = limited(2);
    for (let count = 0; count < 5; count += 1) log("refused", refused("schema-mismatch"));
    expect(lines).toHaveLength(2);
    clock.advance(1000);
    expect(lines.slice(2)).toEqual(["[SUPPRESSED] 3 more lines: refused schema-mismatch"]);
    log("refused", refused("schema-mismatch"));
    expect(lines).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });

  test("counts every reason for itself", () => {
    const { lines, log } = limited(1);
    log("refused", refused("schema-mismatch"));
    log("refused", refused("unknown-type"));
    log("peer-error", refused("unknown-type"));
    log("peer-error", refused("unknown-type"));
    expect(lines).toHaveLength(3);
  });

  test("says nothing of reasons that kept within the limit, and sets no timer for them", () => {
    const { clock, lines, log, flush } = limited(2);
    log("refused", refused("unknown-type"));
    expect(clock.pending).toBe(0);
    clock.advance(5000);
    flush();
    expect(lines).toHaveLength(1);
  });

  test("lets through what is no fault of a connection", () => {
    const { lines, log } = limited(1);
    for (let count = 0; count < 3; count += 1) log("exiting", { signal: "SIGINT" });
    expect(lines).toHaveLength(3);
  });

  test("counts what peers report as one reason, whatever codes they invent", () => {
    const { clock, lines, log, flush } = limited(3);
    for (let index = 0; index < 5000; index += 1) log("peer-error", refused(`code-${index}`));
    expect(lines).toHaveLength(3);
    flush();
    expect(lines.at(-1)).toBe("[SUPPRESSED] 4997 more lines: peer-error");
    clock.advance(1000);
    expect(clock.pending).toBe(0);
  });

  test("counts lines that are no fault too, and writes ten times as many: peers that come and go", () => {
    const { lines, log, flush } = limited(2, { ...sharedEvents, came });
    for (let count = 0; count < 25; count += 1) log("came", { connection: "a:1" });
    expect(lines).toHaveLength(20);
    flush();
    expect(lines.at(-1)).toBe("[SUPPRESSED] 5 more lines: came");
  });

  test("lets through what --trace asked for", () => {
    const { lines, log } = limited(1);
    const traced = { connection: "a:1", type: "say", message: "m", encoded: "00", header: "h" };
    for (let count = 0; count < 3; count += 1) log("sent", traced);
    for (let count = 0; count < 3; count += 1) log("received", traced);
    expect(lines).toHaveLength(6);
  });

  test("says at once what was held back when it is flushed", () => {
    const { lines, log, flush } = limited(1);
    log("refused", refused("unknown-type"));
    log("refused", refused("unknown-type"));
    flush();
    flush();
    expect(lines.slice(1)).toEqual(["[SUPPRESSED] 1 more lines: refused unknown-type"]);
  });
});
