import { describe, expect, test } from "bun:test";
import { stopSignal, type StopSignal } from "../src/index.ts";

function listen(ignoresHangUp = false): {
  signal: (signal: StopSignal, atMs: number) => void;
  heard: () => Promise<string[]>;
} {
  const listeners = new Map<StopSignal, () => void>();
  const requests: string[] = [];
  let nowMs = 0;
  const first = stopSignal(
    { on: (signal, listener) => listeners.set(signal, listener) },
    () => requests.push("at once"),
    { now: () => nowMs, ignoresHangUp },
  );
  const signal = (name: StopSignal, atMs: number): void => {
    nowMs = atMs;
    listeners.get(name)?.();
  };
  return { signal, heard: async () => [await first, ...requests] };
}

describe("stopSignal", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "resolves with the first %s",
    async (name) => {
      const { signal, heard } = listen();
      signal(name, 10);
      expect(await heard()).toEqual([name]);
    },
  );

  test("takes a second SIGINT within half a second for an echo", async () => {
    const { signal, heard } = listen();
    signal("SIGINT", 1000);
    signal("SIGINT", 1001);
    signal("SIGINT", 1499);
    expect(await heard()).toEqual(["SIGINT"]);
  });

  test("stops at once at a SIGINT half a second after the first", async () => {
    const { signal, heard } = listen();
    signal("SIGINT", 1000);
    signal("SIGINT", 1500);
    expect(await heard()).toEqual(["SIGINT", "at once"]);
  });

  test("ignores a further SIGTERM or SIGHUP, however late", async () => {
    const { signal, heard } = listen();
    signal("SIGTERM", 0);
    signal("SIGTERM", 5000);
    signal("SIGHUP", 9000);
    expect(await heard()).toEqual(["SIGTERM"]);
  });

  test("lets Ctrl+C cut an orderly end short that SIGTERM began", async () => {
    const { signal, heard } = listen();
    signal("SIGTERM", 0);
    signal("SIGINT", 600);
    expect(await heard()).toEqual(["SIGTERM", "at once"]);
  });

  test("leaves SIGHUP alone where the process was started to ignore it", async () => {
    const { signal, heard } = listen(true);
    signal("SIGHUP", 0);
    signal("SIGTERM", 10);
    expect(await heard()).toEqual(["SIGTERM"]);
  });
});
