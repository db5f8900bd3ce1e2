// The live page in a real browser: ten thousand connections, hostile names, the keyboard, a screen reader's view, a
// phone, the dark. With TYPEWIRE_SCREENSHOTS=folder the pictures stay there, to be looked at.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import { outsideTool } from "@typewire/testkit";

import { admin } from "../src/index.ts";
import { Browser, type Look } from "./browser.ts";
import { Crowd, HOSTILE_NAMES } from "./crowd.ts";

setDefaultTimeout(60_000);

const SIZE = 10_000;
const chromium = outsideTool("chromium");

const degradedBus: NonNullable<Crowd["backplane"]> = {
  state: "degraded",
  servers: 1,
  batchesSent: 0,
  messagesSent: 0,
  batchesReceived: 0,
  messagesReceived: 0,
  batchesRefused: 0,
  batchesLate: 0,
  messagesDropped: 0,
  gaps: 0,
  gapMessages: 0,
  heldBytes: 0,
  reconnects: 0,
};

/** The luminance of a colour `rgb(r, g, b)` (WCAG 2.2, relative luminance). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

if (chromium !== undefined) {
  describe("the page in a browser", () => {
    const crowd = new Crowd(SIZE);
    const http = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: admin(crowd) });
    let browser: Browser;

    beforeAll(async () => {
      crowd.happen();
      browser = await Browser.open(chromium);
      await browser.look({ width: 1280, height: 1600 });
      await browser.goTo(http.url.href);
      await browser.until("document.querySelectorAll('#messages svg path.line[d*=L]').length >= 4");
    });
    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]();
      await http.stop(true);
    });

    const inPage = (expression: string): Promise<unknown> => browser.evaluate(expression);
    const textOf = async (selector: string): Promise<readonly string[]> =>
      (await inPage(
        `[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => each.textContent)`,
      )) as readonly string[];

    async function picture(name: string, look: Look): Promise<void> {
      await browser.look(look);
      await Bun.sleep(1_200);
      const png = await browser.screenshot();
      expect(png.length).toBeGreaterThan(10_000);
      const folder = process.env["TYPEWIRE_SCREENSHOTS"];
      if (folder !== undefined) await Bun.write(join(folder, `${name}.png`), png);
    }

    test("shows hostile names as text, with nothing in it that reorders or hides", async () => {
      expect(await inPage("document.title")).toBe("crowd · Typewire");
      const names = await textOf("#connections th");
      expect(names.slice(0, HOSTILE_NAMES.length)).toEqual([
        HOSTILE_NAMES[0] ?? "",
        HOSTILE_NAMES[1] ?? "",
        HOSTILE_NAMES[2] ?? "",
        "\\u202e1.0.0.721\\u202c",
        "line\\nbreak\\u0000\\u001b[31mred",
        ...HOSTILE_NAMES.slice(5),
      ]);
      expect(await textOf("#events td.name")).toContain(HOSTILE_NAMES[1] ?? "");
      const foreign =
        "document.querySelectorAll('img, iframe, object, a[href^=javascript]').length";
      expect(await inPage(foreign)).toBe(0);
      expect(await inPage("document.scripts.length")).toBe(1);
      expect(
        await inPage("document.documentElement.outerHTML.includes('sentence of the peer')"),
      ).toBe(false);
      expect(browser.complaints).toEqual([]);
    });

    test("shows the hundred worst of ten thousand, the worst first", async () => {
      const waiting = (await inPage(
        "[...document.querySelectorAll('#connections tr')].map((row) => row.cells[1].textContent)",
      )) as readonly string[];
      expect(waiting).toHaveLength(100);
      expect(waiting[0]).toBe("3.8 MiB");
      expect(await textOf("#connections-note")).toEqual(["The 100 worst of 10,000"]);
      expect(await textOf("#t-connections")).toEqual(["10,000"]);
    });

    test("shows rates by type as pictures with words, ends by code, and times of handlers", async () => {
      const words = (await inPage(
        "[...document.querySelectorAll('#messages svg')].map((each) => each.getAttribute('aria-label'))",
      )) as readonly string[];
      expect(words[0]).toMatch(/^price sent: at most [\d.]+K? a second in 1 min$/);
      const lines = (await inPage(
        "[...document.querySelectorAll('#messages path.line')].map((each) => each.getAttribute('d'))",
      )) as readonly string[];
      expect(lines[0]).toMatch(/^M[\d. -]+L/);
      expect(await textOf("#ends tr:first-child > *")).toEqual(["peer-closed", "9", ""]);
      expect(await textOf("#handlers tr:first-child > *")).toEqual([
        "order",
        "≤ 250 µs",
        "≤ 5 ms",
        "2",
      ]);
    });

    test("runs no script but its own, and reaches nothing but its server", async () => {
      const answer = await fetch(http.url);
      const policy = answer.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("unsafe");
      const ran = await inPage(`(() => {
        const script = document.createElement("script");
        try { script.text = "document.title = 'taken'"; document.body.append(script); } catch {}
        try { document.body.innerHTML += "<b>x</b>"; } catch {}
        try { new Function("document.title = 'taken'")(); } catch {}
        return document.title;
      })()`);
      expect(ran).toBe("crowd · Typewire");
      const outside = "fetch('http://127.0.0.1:1/').then(() => 'went', () => 'refused')";
      expect(await inPage(outside)).toBe("refused");
      expect(browser.complaints.some((each) => each.includes("Content Security Policy"))).toBe(
        true,
      );
      browser.complaints.length = 0;
    });

    test("has landmarks, headings and tables that a screen reader finds, and is polite", async () => {
      const tree = await browser.accessibilityTree();
      const named = (role: string): readonly string[] =>
        tree.filter((node) => node.role === role).map(({ name }) => name);
      for (const role of ["banner", "main", "contentinfo"]) expect(named(role)).toHaveLength(1);
      expect(named("heading")).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^crowd version 1/),
          expect.stringMatching(/^Connections, worst first/),
          expect.stringMatching(/^Messages/),
          expect.stringMatching(/^Last events/),
        ]),
      );
      expect(named("region")).toEqual(expect.arrayContaining(["Now", "Messages by type"]));
      expect(named("columnheader")).toEqual(expect.arrayContaining(["Address", "Waiting", "Code"]));
      expect(named("rowheader").length).toBeGreaterThan(100);
      expect(named("button")).toEqual(["Pause"]);
      const live =
        "[...document.querySelectorAll('[aria-live], [role=status], [role=alert]')].map((each) => each.id)";
      expect(await inPage(live)).toEqual(["status"]);
      expect(await textOf("#status")).toEqual(["Ready"]);
    });

    test("can be gone through and paused by keyboard, with a focus that is seen", async () => {
      await inPage("document.activeElement.blur()");
      const order: unknown[] = [];
      for (let turn = 0; turn < 4; turn += 1) {
        await browser.press("Tab");
        order.push(
          await inPage(
            "document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.className",
          ),
        );
      }
      expect(order).toEqual(["skip", "pause", "Messages by type", "Connections, worst first"]);
      expect(await inPage("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
      await inPage("document.getElementById('pause').focus()");
      await browser.press("Enter");
      expect(await textOf("#status")).toEqual(["Paused"]);
      const before = await textOf("#messages");
      await Bun.sleep(1_500);
      expect(await textOf("#messages")).toEqual(before);
      await browser.press("Enter");
      await browser.until("document.getElementById('status').textContent === 'Ready'");
    });

    test.each([
      { name: "light", width: 1280, height: 1600 },
      { name: "dark", width: 1280, height: 1600, isDark: true },
      { name: "phone", width: 390, height: 844 },
      { name: "phone-dark", width: 390, height: 844, isDark: true },
    ])("is readable: $name", async ({ name, ...look }) => {
      await picture(name, look);
      expect(await inPage("document.documentElement.scrollWidth")).toBeLessThanOrEqual(look.width);
      const pairs = (await inPage(`(() => {
        const groundOf = (element) => {
          for (let each = element; each; each = each.parentElement) {
            const colour = getComputedStyle(each).backgroundColor;
            if (!/, 0\\)$/.test(colour) && colour !== "transparent") return colour;
          }
          return "rgb(255, 255, 255)";
        };
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const pairs = new Map();
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const element = node.parentElement;
          if (node.data.trim() === "" || element.closest("script, style, noscript")) continue;
          const pair = [getComputedStyle(element).color, groundOf(element), node.data.slice(0, 30)];
          pairs.set(pair.slice(0, 2).join(), pair);
        }
        return [...pairs.values()];
      })()`)) as readonly (readonly [string, string, string])[];
      expect(pairs.length).toBeGreaterThan(3);
      for (const [text, ground, of] of pairs) {
        expect(`${of}: ${contrast(text, ground) >= 4.5}`).toBe(`${of}: true`);
      }
    });

    test("says that the server drains, and marks a node that falls silent, and one with gaps", async () => {
      const nodes = async (): Promise<unknown> =>
        inPage(
          "[...document.querySelectorAll('#nodes tr')].map((row) => [...row.cells].map((cell) => [cell.textContent, cell.className]))",
        );
      const about = { servers: 2, node: "one" } as const;
      crowd.backplane = { ...degradedBus, heldBytes: 2048, messagesDropped: 3 };
      for (const watcher of crowd.watchers) watcher.backplane({ type: "server-joined", ...about });
      crowd.isListening = false;
      await browser.until(
        "document.getElementById('status').textContent === 'Not ready: draining'",
      );
      expect(await nodes()).toEqual([
        [
          ["one", "name"],
          ["up", "good"],
          ["0", "number"],
        ],
      ]);
      expect(await textOf("#bus")).toEqual([
        "The bus is degraded, 2.0 KiB wait for it, 3 messages had no room",
      ]);
      for (const watcher of crowd.watchers) {
        watcher.backplane({ type: "server-lost", ...about, silentMs: 900 });
        watcher.gap({ topic: undefined, node: "one", from: 1, missed: 7, why: "bus" });
      }
      crowd.isListening = true;
      await browser.until("document.getElementById('status').textContent === 'Ready'");
      expect(await nodes()).toEqual([
        [
          ["one", "name"],
          ["lost", "bad"],
          ["1 (7 messages)", "number bad"],
        ],
      ]);
    });
  });
}
