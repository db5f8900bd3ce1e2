// The entrance: schemas in, a protocol with a codec for each direction out. All refusals happen here,
// once, at start-up; a protocol that is defined can be spoken.

import type { Static, TSchema } from "@sinclair/typebox";

import { beginningAt } from "./begin-at.ts";
import type { Codec } from "./codec/codec.ts";
import { CodeBudget } from "./code-budget.ts";
import type { CodeStyle } from "./codec/compiled/functions.ts";
import { DirectionCodec } from "./codec/direction-codec.ts";
import { describeProtocol, type ProtocolDescription } from "./describe/description.ts";
import type { CallDefinitions, CallShapes } from "./schema/call-definition.ts";
import { buildCallTable, withCalls } from "./schema/call-table.ts";
import { assertDefinition } from "./schema/definition-parts.ts";
import { type AnyMessage, buildMessageTable, type MessageSchemas } from "./schema/message-table.ts";
import { readCalls } from "./schema/read-calls.ts";

/** Shows an intersection as one object in editors and errors. */
type Flatten<Fields> = { [Name in keyof Fields]: Fields[Name] } & {};

/** The message `Name` of `Schemas`: `{ type: name } & fields`. */
export type MessageNamed<Schemas extends MessageSchemas, Name extends keyof Schemas> = Flatten<
  { type: Name } & Static<Schemas[Name]>
>;

/** The messages of `Schemas`, as a union. */
type MessageIn<Schemas extends MessageSchemas> = {
  [Name in keyof Schemas & string]: MessageNamed<Schemas, Name>;
}[keyof Schemas & string];

/** What both sides of a protocol send: message name to schema, call name to definition. */
export interface ProtocolSchemas {
  readonly server: MessageSchemas;
  readonly client: MessageSchemas;
  readonly calls?: CallDefinitions;
  readonly auth?: TSchema | undefined;
}

/** The calls of a protocol without any. */
export type NoCalls = {};

/** What a protocol is made of. */
export interface ProtocolDefinition<
  Server extends MessageSchemas,
  Client extends MessageSchemas,
  Calls extends CallDefinitions = NoCalls,
  Auth extends TSchema | undefined = undefined,
> {
  /** At most 255 characters, told to the peer in `$hello`; two ends with different names refuse each other. */
  readonly name: string;
  /** A whole number; two ends with different versions refuse each other. */
  readonly version: number;
  /** What the server sends: message name to schema, an object without `type`. */
  readonly server: Server;
  /** What the client sends. */
  readonly client: Client;
  /** What the client asks and the server answers: call name to definition. */
  readonly calls?: Calls;
  /** What a client shows to be let in: the input of the built-in call `$authenticate`. */
  readonly auth?: Auth;
}

/**
 * A set of messages in two directions, ready to be spoken. Immutable; share one in the whole program. The
 * unions are written out here: a named type would stand in editors with all that it was made of.
 */
export interface Protocol<Schemas extends ProtocolSchemas> {
  readonly name: string;
  readonly version: number;
  /** Sixteen hexadecimal digits that name the exact schemas; made when it is first read. */
  readonly fingerprint: string;
  /** The protocol as a JSON document, for other tools and languages; made when it is first read. */
  readonly description: ProtocolDescription;
  /** What the server sends and the client decodes. */
  readonly server: Codec<
    {
      [Name in keyof Schemas["server"] & string]: MessageNamed<Schemas["server"], Name>;
    }[keyof Schemas["server"] & string]
  >;
  /** What the client sends and the server decodes. */
  readonly client: Codec<
    {
      [Name in keyof Schemas["client"] & string]: MessageNamed<Schemas["client"], Name>;
    }[keyof Schemas["client"] & string]
  >;
  /** The calls, by name. */
  readonly calls: CallShapes;
  /** Whether clients authenticate. */
  readonly hasAuth: boolean;
}

/** Any protocol, where its messages do not matter. */
export type AnyProtocol = Protocol<ProtocolSchemas>;

/** The two directions, by their sender. */
export type Role = "server" | "client";

/** The messages that one side of protocol `P` sends, as a discriminated union. */
export type MessageOf<P extends { readonly [Side in Role]: object }, Side extends Role> =
  P[Side] extends Codec<infer Message> ? Message : never;

/** What one side of protocol `P` sends, as it was defined: message name to schema. */
export type SchemasOf<P extends AnyProtocol, Side extends Role> =
  P extends Protocol<infer Schemas> ? Schemas[Side] : never;

/**
 * Makes a protocol of TypeBox schemas. Later changes to the schemas have no effect.
 *
 * @throws TypewireError `protocol-invalid`, with the path of the offending part, where a schema cannot
 * travel: functions, symbols, promises, transforms; a union of two types that are the same bytes; a
 * property named `type`, `$…` or `__proto__`; a message named `$…`. So also where it says what no end would
 * enforce, or what no value satisfies, with what to write instead (docs/schemas.md).
 */
export function defineProtocol<
  Server extends MessageSchemas,
  Client extends MessageSchemas,
  Calls extends CallDefinitions = NoCalls,
  Auth extends TSchema | undefined = undefined,
>(
  definition: ProtocolDefinition<Server, Client, Calls, Auth>,
): Protocol<{ server: Server; client: Client; calls: Calls; auth: Auth }> {
  return beginningAt(new Error(), () => build(definition, "in place"));
}

/** As `defineProtocol`, without generated code: slower, and the same in every result. For tests and benchmarks. */
export const defineReferenceProtocol: typeof defineProtocol = (definition) =>
  build(definition, undefined);

/** As `defineProtocol`, with none but dense code, which is otherwise made for what is large. For tests. */
export const defineDenseProtocol: typeof defineProtocol = (definition) =>
  build(definition, "dense");

function build<
  Server extends MessageSchemas,
  Client extends MessageSchemas,
  Calls extends CallDefinitions,
  Auth extends TSchema | undefined,
>(
  definition: ProtocolDefinition<Server, Client, Calls, Auth>,
  style: CodeStyle | undefined,
): Protocol<{ server: Server; client: Client; calls: Calls; auth: Auth }> {
  assertDefinition(definition);
  const { name, version, server, client, calls, auth } = definition;
  const budget = new CodeBudget();
  const { shapes, spoken, described } = readCalls(calls, auth, client);
  const tables = {
    server: buildMessageTable(server, "/server", budget),
    client: buildMessageTable(client, "/client", budget),
  };
  const codecOf = <Message extends AnyMessage>(writer: Role) => {
    const callTable = spoken.size === 0 ? undefined : buildCallTable(spoken, writer, budget);
    const table = callTable === undefined ? tables[writer] : withCalls(tables[writer], callTable);
    return new DirectionCodec<Message>(table, callTable, budget, style);
  };
  let description: ProtocolDescription | undefined;
  const describe = () =>
    (description ??= describeProtocol({ name, version, ...tables, ...described }));
  return Object.freeze({
    name,
    version,
    get fingerprint() {
      return describe().fingerprint;
    },
    get description() {
      return describe();
    },
    server: codecOf<MessageIn<Server>>("server"),
    client: codecOf<MessageIn<Client>>("client"),
    calls: shapes,
    hasAuth: auth !== undefined,
  });
}
