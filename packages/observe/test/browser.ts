// A headless Chromium with one page, driven over its DevTools protocol: what the tests of the live page look through.
// It goes nowhere but where it is sent, and ends with its test.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-extensions",
  "--no-first-run",
  "--no-default-browser-check",
  "--remote-debugging-port=0",
];

/** A width and height in CSS pixels, and what the user prefers. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly isDark?: boolean;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

export class Browser implements AsyncDisposable {
  /** What the page has said to its console, and what it has thrown or been refused. */
  readonly complaints: string[] = [];
  readonly #program: Program;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(program: Program, profile: string, socket: WebSocket) {
    this.#program = program;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) =>
      this.#take(JSON.parse(String(data)) as Answer),
    );
  }

  /** Starts `chromium` with an empty profile and an empty page. */
  static async open(chromium: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "typewire-browser-"));
    const program = new Program([chromium, ...FLAGS, `--user-data-dir=${profile}`, "about:blank"]);
    const [, origin = ""] = await program.stderr.line(
      /DevTools listening on ws:\/\/([^/]+)\//,
      20_000,
    );
    const targets = (await (await fetch(`http://${origin}/json/list`)).json()) as readonly {
      readonly type: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    const target = targets.find(({ type }) => type === "page");
    if (target === undefined) throw new Error("the browser has no page");
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    const browser = new Browser(program, profile, socket);
    for (const domain of ["Page", "Runtime", "Log"]) await browser.#ask(`${domain}.enable`);
    return browser;
  }

  async look({ width, height, isDark = false }: Look): Promise<void> {
    const isPhone = width < 600;
    await this.#ask("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: isPhone ? 2 : 1,
      mobile: isPhone,
    });
    const features = [{ name: "prefers-color-scheme", value: isDark ? "dark" : "light" }];
    await this.#ask("Emulation.setEmulatedMedia", { features });
  }

  async goTo(url: string): Promise<void> {
    await this.#ask("Page.navigate", { url });
  }

  /** The value of `expression` in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#ask("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
      // What the page itself may not do, this may not either.
      allowUnsafeEvalBlockedByCSP: false,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { readonly value?: unknown }).value;
  }

  /** Resolves when `expression` is true in the page; rejects after ten seconds. */
  async until(expression: string): Promise<void> {
    for (let turn = 0; turn < 200; turn += 1) {
      if ((await this.evaluate(`Boolean(${expression})`)) === true) return;
      await Bun.sleep(50);
    }
    throw new Error(
      `It has not come to ${expression}; the page said: ${this.complaints.join("; ")}`,
    );
  }

  /** Presses a key as a user would: `Tab`, `Enter`. */
  async press(key: "Tab" | "Enter"): Promise<void> {
    const code = key === "Tab" ? 9 : 13;
    const event = {
      key,
      code: key,
      windowsVirtualKeyCode: code,
      ...(key === "Enter" && { text: "\r" }),
    };
    await this.#ask("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.#ask("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** The role and name of each element, as a screen reader is told them. */
  async accessibilityTree(): Promise<readonly { readonly role: string; readonly name: string }[]> {
    const { nodes } = await this.#ask("Accessibility.getFullAXTree");
    return (nodes as readonly AxNode[])
      .filter(({ ignored }) => ignored !== true)
      .map(({ role, name }) => ({ role: role?.value ?? "", name: name?.value ?? "" }));
  }

  /** A picture of the page, as PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.#ask("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(String(data));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#program[Symbol.asyncDispose]();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #ask(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #take(answer: Answer): void {
    const { id, method, params } = answer;
    if (id !== undefined) {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    } else if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      this.complaints.push(JSON.stringify(params));
    } else if (method === "Runtime.consoleAPICalled") {
      this.complaints.push(JSON.stringify(params?.["args"]));
    }
  }
}

interface AxNode {
  readonly ignored?: boolean;
  readonly role?: { readonly value?: string };
  readonly name?: { readonly value?: string };
}
