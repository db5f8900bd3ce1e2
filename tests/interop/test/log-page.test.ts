// docs/log.md, kept honest: every event of the two commands' logs has its row, with its level and its fields.

import { expect, test } from "bun:test";

import { clientEvents } from "../../../apps/client/src/events.ts";
import { serverEvents } from "../../../apps/server/src/events.ts";
import { Page } from "./markdown.ts";
import { textOf } from "./repository.ts";

const page = await Page.open("docs/log.md");

/** The fields of each event, as the sources type them: `logEvent<{ address: string }>`, or a name of an interface. */
async function fieldsIn(
  ...paths: readonly string[]
): Promise<ReadonlyMap<string, readonly string[]>> {
  const events = new Map<string, readonly string[]>();
  for (const path of paths) {
    const text = (await textOf(path)) ?? "";
    const interfaces = new Map<string, readonly string[]>();
    for (const [, name = "", parent = "", body = ""] of text.matchAll(
      /interface (\w+)(?: extends (\w+))? \{([^}]*)\}/g,
    )) {
      interfaces.set(name, [...(interfaces.get(parent) ?? []), ...namesIn(body)]);
    }
    for (const [, quoted = "", plain = "", type = ""] of text.matchAll(
      /^ {2}(?:"([\w-]+)"|(\w+)): logEvent(?:<([^(]*)>)?\(/gm,
    )) {
      const parts = type.split("&").map((part) => part.trim());
      const names = parts.flatMap((part) => interfaces.get(part) ?? namesIn(part));
      events.set(quoted === "" ? plain : quoted, names);
    }
  }
  return events;
}

function namesIn(body: string): readonly string[] {
  return [...body.matchAll(/(\w+):/g)].map(([, name = ""]) => name);
}

test.each([
  ["event of both", [] as readonly string[], {}],
  [
    "event of the server",
    ["apps/server/src/bus-events.ts", "apps/server/src/events.ts"],
    serverEvents,
  ],
  ["event of the client", ["apps/client/src/events.ts"], clientEvents],
] as const)("has a row for each %s, with its level and its fields", async (title, paths, own) => {
  const shared = await fieldsIn("packages/command/src/shared-events.ts");
  const fields = paths.length === 0 ? shared : await fieldsIn(...paths);
  const events: Readonly<Record<string, { readonly level: string }>> =
    paths.length === 0 ? serverEvents : own;
  const rows = page.rowsOf(title).map(([event = "", level = "", cell = ""]) => ({
    event: event.replaceAll("`", ""),
    level,
    fields: [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  }));
  const expected = [...fields].map(([event, names]) => ({
    event,
    level: events[event]?.level ?? "",
    fields: [...names],
  }));
  expect(rows).toEqual(expected);
  const known = Object.keys(events).filter((name) => paths.length === 0 || !shared.has(name));
  if (paths.length > 0) expect(rows.map(({ event }) => event)).toEqual(known);
});

test("shows a line that has the keys that it says", () => {
  const line = JSON.parse(page.block("json")) as Record<string, unknown>;
  const keys = page.rowsOf("key").map(([key = ""]) => key.replaceAll("`", ""));
  expect(Object.keys(line).slice(0, 3)).toEqual(keys);
});
