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

/** `posted`: the seven fields; `text/1024`: an id and 1024 bytes of ASCII. */
export type WorkloadName = "posted" | `text/${number}`;

export function workloadOf(name: string): Workload {
  if (name === "posted") return withIds(medium);
  const bytes = Number(/^text\/(\d+)$/.exec(name)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) throw new Error(`${name}: expected posted or text/BYTES`);
  return withIds({
    name,
    about: `a text of ${bytes} bytes`,
    schemas: { text: Type.Object({ id: Type.Integer({ minimum: 0 }), body: Type.String() }) },
    messages: Array.from({ length: bytes > 65_536 ? 4 : 64 }, (_, id) => ({
      type: "text",
      id,
      body: asciiText(bytes, id),
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
