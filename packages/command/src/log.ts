// The log of a command: events out of a closed vocabulary, written for people with the tutorial's tags
// (`[LISTENING] …`) or for machines as one JSON object a line. It leaves out where lines go (a
// `write` function is passed in) and what the events are (each command's `events.ts`).
//
// Fields may come from a peer: they are made printable and cut at `maxFieldLength`, so that no line
// carries a payload or a terminal escape. Only events of `--trace` raise the limit.

import { beginningOf } from "@typewire/protocol/internal";

import type { Language } from "./language.ts";
import { printable } from "@typewire/connection/internal";

export type Level = "info" | "warn" | "error";
export const logFormats = ["human", "json"] as const;
export type LogFormat = (typeof logFormats)[number];
export type FieldValue = string | number | boolean;

/** One kind of event. `Fields` is an object of `FieldValue`s; the JSON log has exactly these. */
export interface LogEvent<Fields> {
  readonly level: Level;
  /** Stands in brackets before the sentence; the same in every language. */
  readonly tag: string;
  readonly en: (fields: Fields) => string;
  readonly es: (fields: Fields) => string;
  /** Further tagged lines of the human log. */
  readonly more?: (fields: Fields) => ReadonlyArray<readonly [tag: string, text: string]>;
  /** Longest text field in characters. Default 300: a reason and an address fit, a payload does not. */
  readonly maxFieldLength?: number;
  /**
   * How `limitLog` counts the lines that name a `connection`: by event and `code`; as one, where the peer
   * chooses the code; or never, where a user has asked for every line. Default `by code`.
   */
  readonly counted?: "by code" | "as one" | "never";
}

/** Types one event of a vocabulary: its fields are named once. */
export function logEvent<Fields>(event: LogEvent<Fields>): LogEvent<Fields> {
  return event;
}

export type Vocabulary = Readonly<Record<string, LogEvent<never>>>;

/** Writes one event of the vocabulary, with the fields that this event has. */
export type Log<Events extends Vocabulary> = <Name extends keyof Events & string>(
  name: Name,
  fields: Parameters<Events[Name]["en"]>[0],
) => void;

/** How lines look, and where they go. */
export interface LogOptions {
  readonly format: LogFormat;
  readonly language: Language;
  readonly colours: boolean;
  /** Takes whole lines, each ending in a newline. */
  readonly write: (text: string) => void;
  /** The wall clock, for the JSON log's `time`. */
  readonly now?: () => Date;
}

const DEFAULT_MAX_FIELD_LENGTH = 300;
const levelColours = { info: "36", warn: "33", error: "31" } as const;

/** The log of a command whose events are `events`. */
export function createLog<Events extends Vocabulary>(
  events: Events,
  { format, language, colours, write, now = () => new Date() }: LogOptions,
): Log<Events> {
  return (name, fields) => {
    const event: LogEvent<never> | undefined = events[name];
    if (event === undefined) throw new TypeError(`No log event is named ${name}`);
    const short = excerpts(fields, event.maxFieldLength ?? DEFAULT_MAX_FIELD_LENGTH);
    if (format === "json") {
      const line = { time: now().toISOString(), level: event.level, event: name, ...short };
      write(`${printable(JSON.stringify(line))}\n`);
      return;
    }
    // The vocabulary ties `fields` to `event`, and the excerpts have the same keys and types.
    const known = short as never;
    const lines = [[event.tag, event[language](known)] as const, ...(event.more?.(known) ?? [])];
    const colour = colours ? levelColours[event.level] : undefined;
    write(lines.map(([tag, text]) => `${tagged(tag, printable(text), colour)}\n`).join(""));
  };
}

/** `[TAG] text`, the tag coloured when an SGR colour is given (ECMA-48 §8.3.117). */
export function tagged(tag: string, text: string, colour?: string): string {
  return colour === undefined ? `[${tag}] ${text}` : `\u001b[${colour}m[${tag}]\u001b[0m ${text}`;
}

function excerpts(fields: object, maxLength: number): Record<string, FieldValue> {
  const entries = Object.entries(fields).map(([key, value]: [string, FieldValue]) => [
    key,
    typeof value === "string" && value.length > maxLength
      ? `${beginningOf(value, maxLength)}…`
      : value,
  ]);
  return Object.fromEntries(entries);
}
