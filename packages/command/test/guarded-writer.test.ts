import { describe, expect, test } from "bun:test";
import { GuardedWriter, type TextSink } from "../src/index.ts";

/** A sink whose reader takes a write only when the test says so. */
class HeldSink implements TextSink {
  readonly taken: string[] = [];
  readonly #held: Array<PromiseWithResolvers<number> & { readonly text: string }> = [];
  #text = "";

  write(text: string): void {
    this.#text += text;
  }

  flush(): Promise<number> {
    const waiting = { ...Promise.withResolvers<number>(), text: this.#text };
    this.#text = "";
    this.#held.push(waiting);
    return waiting.promise;
  }

  /** Takes the oldest write, or fails it. Resolves once the writer has heard. */
  async take(error?: Error): Promise<void> {
    const held = this.#held.shift();
    if (held === undefined) throw new Error("Nothing is being written");
    if (error === undefined) {
      this.taken.push(held.text);
      held.resolve(held.text.length);
    } else {
      held.reject(error);
    }
    await Promise.resolve();
  }
}

const epipe = Object.assign(new Error("broken pipe"), { code: "EPIPE" });

describe("GuardedWriter", () => {
  test("flush resolves when the last byte has been taken, not before", async () => {
    const sink = new HeldSink();
    const writer = new GuardedWriter(sink);
    writer.write("a");
    writer.write("b");
    let isFlushed = false;
    const flushed = writer.flush().then(() => {
      isFlushed = true;
    });
    await sink.take();
    expect(isFlushed).toBe(false);
    await sink.take();
    await flushed;
    expect(sink.taken).toEqual(["a", "b"]);
    await writer.flush();
  });

  test("reports pressure above the soft limit and resolves ready at it", async () => {
    const sink = new HeldSink();
    const writer = new GuardedWriter(sink, { softLimit: 3 });
    expect(writer.write("ab")).toBe(true);
    expect(writer.write("c")).toBe(true);
    expect(writer.write("d")).toBe(false);
    const ready = writer.ready();
    await sink.take();
    await ready;
  });

  test("drops and counts writes above the hard limit", async () => {
    const sink = new HeldSink();
    const writer = new GuardedWriter(sink, { hardLimit: 3 });
    writer.write("ab");
    writer.write("cd");
    writer.write("e");
    await sink.take();
    await sink.take();
    expect(sink.taken).toEqual(["ab", "e"]);
    expect(writer.droppedWrites).toBe(1);
    expect(writer.write("fgh")).toBe(true);
  });

  test("writes at once while the reader keeps up", async () => {
    let written = "";
    const writer = new GuardedWriter({
      write: (text) => {
        written += text;
      },
      flush: () => 1,
    });
    expect(writer.write("a")).toBe(true);
    expect(writer.write("b")).toBe(true);
    expect(written).toBe("ab");
    await writer.flush();
  });

  test("tells that a waiting write has failed, and swallows everything from then on", async () => {
    const sink = new HeldSink();
    const writer = new GuardedWriter(sink);
    writer.write("a");
    writer.write("b");
    const flushed = writer.flush();
    await sink.take(epipe);
    await flushed;
    expect(writer.write("c")).toBe(true);
    await writer.flush();
    expect(await writer.broken).toBe(epipe);
    expect(writer.failure).toBe(epipe);
    expect(sink.taken).toEqual([]);
  });

  test("tells that the sink throws, once", async () => {
    let attempts = 0;
    const writer = new GuardedWriter({
      write() {
        attempts += 1;
        throw epipe;
      },
      flush: () => 0,
    });
    writer.write("a");
    writer.write("b");
    expect(await writer.broken).toBe(epipe);
    expect(attempts).toBe(1);
    await writer.flush();
  });
});
