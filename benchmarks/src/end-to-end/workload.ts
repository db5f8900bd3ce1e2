// What travels end to end: the seven-field message, or a text of a given size. Peers of all runtimes are
// told by name, and make the same schema and messages of it.

import { type TObject, Type } from "@sinclair/typebox";

import type { Corpus, Message } from "../codec/corpus.ts";
import { medium } from "../codec/corpora/medium.ts";

/** Messages of one name, sent in turn. Each has an `id` of its own, by which receivers know them. */
export interface Workload extends Corpus {
  readonly schema: TObject;
  readonly messages: readonly (Message & { readonly id: number })[];
}

/** `posted`: the seven fields; `text/1024`: an id and 1024 bytes of ASCII; `bytes/1024`: an id and 1024 bytes. */
export type WorkloadName = "posted" | `text/${number}` | `bytes/${number}`;

export function workloadOf(name: string): Workload {
  if (name === "posted") return withIds(medium);
  const [, kind, size] = /^(text|bytes)\/(\d+)$/.exec(name) ?? [];
  if (kind === undefined) throw new Error(`${name}: expected posted, text/BYTES or bytes/BYTES`);
  const bytes = Number(size);
  const body = kind === "text" ? Type.String() : Type.Uint8Array();
  return withIds({
    name,
    about: `${kind === "text" ? "a text of " : ""}${bytes} bytes`,
    schemas: { [kind]: Type.Object({ id: Type.Integer({ minimum: 0 }), body }) },
    messages: Array.from({ length: bytes > 65_536 ? 4 : 64 }, (_, id) => ({
      type: kind,
      id,
      body: kind === "text" ? asciiText(bytes, id) : new TextEncoder().encode(asciiText(bytes, id)),
    })),
  });
}

/** The name that all of a workload's messages have as `type`. */
export function messageNameOf({ schemas }: Workload): string {
  return Object.keys(schemas)[0] ?? "";
}

function withIds(corpus: Corpus): Workload {
  const [schema] = Object.values(corpus.schemas);
  if (schema === undefined) throw new Error(`${corpus.name}: expected a schema`);
  return { ...corpus, schema, messages: corpus.messages as Workload["messages"] };
}

function asciiText(length: number, offset: number): string {
  return Array.from({ length }, (_, index) =>
    String.fromCharCode(97 + ((index * 7 + offset) % 26)),
  ).join("");
}
