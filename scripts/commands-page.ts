// Makes docs/commands.md from the flags of the two commands and the rows of the limits. With no argument it
// writes the page; a test holds what stands there against what would be written.

import { join } from "node:path";

import { type Command, formatLimit } from "@typewire/command";
import { type AnyLimitRow, constantRows, optionRows } from "@typewire/connection/internal";

import { clientCommand, clientNotes } from "../apps/client/src/command-line.ts";
import { serverCommand, serverNotes } from "../apps/server/src/command-line.ts";

export const commandsPagePath = join(import.meta.dir, "..", "docs", "commands.md");

const intro = `# The commands

\`typewire-server\` and \`typewire-client\` speak the reference protocol, [saludo](wire.md#the-saludo-protocol). From the sources they are \`bun run start:server\` and \`bun run start:client\`; flags follow. This page is made from the code: \`bun scripts/commands-page.ts\`.

Durations have a unit: \`500ms\`, \`60s\`, \`1.5m\`, \`2h\`. Sizes are bytes, or have one: \`64KiB\`, \`1MiB\`, \`2GiB\`. With \`--help\` a command prints its flags, with \`--version\` its version.`;

const limitsIntro = `## The limits of a connection

Each is a name for \`--limit NAME=VALUE\` of both commands. In a program, those of the first table are the \`limits\` of \`serve()\` and \`connect()\`, with sizes in bytes and times in milliseconds; what is not given keeps its default. Those of the second table are constants there. What is out of range, or contradicts another, is refused at start. Where "ends with" is empty, the connection goes on; the codes are those of [wire.md](wire.md#errors), and what keeps each limit is in [reliability.md](reliability.md#limits).`;

/** The whole page. */
export function commandsPage(): string {
  const sections = [
    intro,
    commandSection(serverCommand(), serverNotes),
    commandSection(clientCommand(), clientNotes),
    limitsIntro,
    limitsTable(optionRows),
    "### Constants",
    limitsTable(constantRows),
  ];
  return `${sections.join("\n\n")}\n`;
}

function commandSection(command: Command, notes: string): string {
  const rows = command.options
    .filter(({ long }) => long !== "--version")
    .map(({ flags, description, defaultValueDescription: fallback = "" }) => [
      code(flags),
      fallback === "" ? "" : code(fallback),
      description.replaceAll("<", "\\<"),
    ]);
  const argument = command.registeredArguments.map((each) => [
    code(each.name()),
    code(each.defaultValueDescription ?? ""),
    each.description,
  ]);
  return [
    `## ${command.name()}`,
    command.description(),
    table(["flag", "default", ""], [...argument, ...rows]),
    `\`\`\`text\n${notes.trim()}\n\`\`\``,
  ].join("\n\n");
}

function limitsTable(rows: Readonly<Record<string, AnyLimitRow>>): string {
  return table(
    ["limit", "default", "from", "to", "what it limits", "what it answers", "ends with"],
    Object.entries(rows).map(([name, row]) => {
      const isFlag = row.unit === "yes-no";
      return [
        code(name),
        code(formatLimit(row, row.fallback)),
        isFlag ? "" : code(formatLimit(row, row.least)),
        isFlag ? "" : code(formatMost(row)),
        row.says,
        row.answers,
        row.code === undefined ? "" : code(row.code),
      ];
    }),
  );
}

/** The longest time that a timer takes is no round number of any unit; a command line takes this much. */
function formatMost(row: AnyLimitRow): string {
  return row.unit === "milliseconds" ? "576h" : formatLimit(row, row.most);
}

function code(text: string): string {
  return text === "" ? "" : `\`${text.replaceAll("|", "\\|")}\``;
}

/** Columns as wide as their widest cell, as the formatter of this repository leaves them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

if (import.meta.main) await Bun.write(commandsPagePath, commandsPage());
