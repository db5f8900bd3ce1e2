// A protocol as one JSON document: the messages of both directions and the calls, each value as JSON Schema 2020-12 of what
// travels. Made when it is first asked for; the schemas were judged when the protocol was defined, and
// nothing is refused here. What the keywords mean on the wire is in docs/wire.md.

import type { TSchema } from "@sinclair/typebox";

import type { CallDefinitions } from "../schema/call-definition.ts";
import type { MessageTable } from "../schema/message-table.ts";
import { type DescribedCalls, describeCalls } from "./calls.ts";
import { Definitions } from "./definitions.ts";
import { SchemaDescriber } from "./describe-schema.ts";
import { canonicalWriter, copier, type Draft } from "./draft.ts";
import { fingerprintOf } from "./fingerprint.ts";

/** A JSON Schema. Its keywords are those of JSON Schema 2020-12, `typewire` and `typewireAsks`. */
export interface DescribedSchema {
  readonly [keyword: string]: unknown;
}

/** JSON Schemas by name. */
export type DescribedSchemas = Readonly<Record<string, DescribedSchema>>;

/**
 * What a protocol says, as plain JSON: frozen, one object for each protocol. It is a JSON Schema document
 * itself, so that `#/$defs/…` resolves in it. docs/wire.md has its meaning, and an example.
 */
export interface ProtocolDescription extends DescribedCalls<DescribedSchema> {
  readonly $schema: "https://json-schema.org/draft/2020-12/schema";
  readonly name: string;
  readonly version: number;
  /** As `protocol.fingerprint`: sixteen hexadecimal digits over all below, without what asks nothing of a value. */
  readonly fingerprint: string;
  /** What the server sends: by message name, the schema of all that stands beside `type`. */
  readonly server: DescribedSchemas;
  /** What the client sends. */
  readonly client: DescribedSchemas;
  /** Recursive types, and those that have an `$id`; absent where there are none. */
  readonly $defs?: DescribedSchemas;
}

/** What is described. The schemas of the tables are copies, which no program changes. */
export interface Described {
  readonly name: string;
  readonly version: number;
  readonly server: MessageTable;
  readonly client: MessageTable;
  readonly calls: CallDefinitions;
  readonly auth: TSchema | undefined;
}

/** The description of a protocol. */
export function describeProtocol({
  name,
  version,
  server,
  client,
  calls,
  auth,
}: Described): ProtocolDescription {
  const definitions = new Definitions();
  const values = new SchemaDescriber(definitions, "calls");
  const sections: Draft = {
    server: draftsOf(server, new SchemaDescriber(definitions, "server")),
    client: draftsOf(client, new SchemaDescriber(definitions, "client")),
    ...describeCalls(calls, auth, (schema) => values.describe(schema)),
  };
  const names = definitions.namesFrom(sections);
  const $defs = definitions.named(names);
  const contents = $defs === undefined ? sections : { ...sections, $defs };
  const refer = (key: string): string => `#/$defs/${names.get(key)}`;
  return Object.freeze({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    name,
    version,
    fingerprint: fingerprintOf(canonicalWriter(refer)(contents)),
    ...(copier(refer)(contents) as Omit<
      ProtocolDescription,
      "$schema" | "name" | "version" | "fingerprint"
    >),
  });
}

function draftsOf(table: MessageTable, describer: SchemaDescriber): Draft {
  const messages = [...table.values()].filter((entry) => !entry.isControl);
  return Object.fromEntries(
    messages.map(({ name, schema }): [string, Draft] => [name, describer.describe(schema)]),
  );
}
