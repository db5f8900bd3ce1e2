import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { portOf, run } from "./example.ts";

setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "typewire-log-shipper-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the log shipper", () => {
  test("stores every byte once, though either end is killed in the middle", async () => {
    const log = join(folder, "app.log");
    const stored = join(folder, "logs");
    writeFileSync(log, "");
    let size = 0;
    /** Lines of the log, a megabyte of them: sixteen chunks and more. */
    const grow = (): void => {
      const lines = Array.from(
        { length: 20_000 },
        (_, at) => `line ${size + at} of the log, with words\n`,
      );
      const text = lines.join("");
      appendFileSync(log, text);
      size += text.length;
    };

    const first = run("log-shipper/collector.ts", 0, stored);
    const port = await portOf(first);
    const shipper = run("log-shipper/shipper.ts", port, log, "web-1");
    await shipper.stdout.line(/^Shipping/);
    grow();
    await first.stdout.line(/^web-1: \d+ bytes$/);
    await first[Symbol.asyncDispose]();

    await using second = run("log-shipper/collector.ts", port, stored);
    await portOf(second);
    grow();
    await second.stdout.line(/^web-1: \d+ bytes$/);
    await shipper[Symbol.asyncDispose]();

    grow();
    await using last = run("log-shipper/shipper.ts", port, log, "web-1");
    await second.stdout.line(new RegExp(`^web-1: ${size} bytes$`), 30_000);
    await last.stdout.line(new RegExp(`^${size} bytes are stored$`));

    last.signal("SIGINT");
    expect(await last.exit()).toMatchObject({ code: 0 });
    expect(readFileSync(join(stored, "web-1.log")).equals(readFileSync(log))).toBe(true);
  });

  test("does not send a source that would be a path", async () => {
    const log = join(folder, "other.log");
    writeFileSync(log, "text\n");
    await using collector = run("log-shipper/collector.ts", 0, join(folder, "logs"));
    await using shipper = run("log-shipper/shipper.ts", await portOf(collector), log, "../etc");
    await shipper.stderr.line(/schema-mismatch at \/input/);
  });
});
