// The JSON log of a running `typewire-server`, line by line, and what it says about one connection.

import { type Output, within } from "@typewire/testkit";

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly connection?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly [field: string]: string | number | boolean | undefined;
}

/** How the log calls the end of a connection. */
const END_EVENTS: ReadonlySet<string> = new Set(["disconnected", "failed"]);

export class ServerLog {
  readonly lines: LogLine[] = [];
  readonly #stderr: Output;
  #arrived = Promise.withResolvers<void>();

  constructor(stderr: Output) {
    this.#stderr = stderr;
    stderr.listen((text) => {
      this.lines.push(readLine(text));
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    });
  }

  /** The first line that `accepts`, waiting for it if need be. */
  async line(accepts: (line: LogLine) => boolean, what: string, waitMs?: number): Promise<LogLine> {
    let checked = 0;
    const found = async (): Promise<LogLine> => {
      for (;;) {
        for (; checked < this.lines.length; checked += 1) {
          const line = this.lines[checked];
          if (line !== undefined && accepts(line)) return line;
        }
        const isOver = await Promise.race([
          this.#arrived.promise.then(() => false),
          this.#stderr.ended.then(() => true),
        ]);
        if (isOver && checked === this.lines.length) {
          throw new Error(`The log ended without ${what}:\n${this.tail()}`);
        }
      }
    };
    return within(found(), () => `no ${what} in the log, which ends with\n${this.tail()}`, waitMs);
  }

  /** The line about the end of this connection. */
  endOf(name: string, waitMs?: number): Promise<LogLine> {
    const isItsEnd = (line: LogLine): boolean =>
      isEndOf(name, line) && this.endsOf(name).includes(line);
    return this.line(isItsEnd, `end of ${name}`, waitMs);
  }

  /** All ends of this connection: one, if all is well. Ports come again, so only since it was last connected. */
  endsOf(name: string): readonly LogLine[] {
    const since = this.lines.findLastIndex(
      ({ event, connection }) => connection === name && event === "connected",
    );
    return this.lines.filter((line, index) => index > since && isEndOf(name, line));
  }

  /** The last lines, for an error message. */
  tail(count = 10): string {
    return this.lines
      .slice(-count)
      .map((line) => JSON.stringify(line))
      .join("\n");
  }
}

/** What is no JSON, such as a complaint about flags, is kept as it is. */
function readLine(text: string): LogLine {
  if (text.startsWith("{")) return JSON.parse(text) as LogLine;
  return { time: "", level: "error", event: "no-json", reason: text };
}

function isEndOf(name: string, { event, connection }: LogLine): boolean {
  return connection === name && END_EVENTS.has(event);
}
