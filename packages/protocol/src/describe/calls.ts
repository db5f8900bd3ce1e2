// What a description says of calls, and of what clients show to be let in: only what there is, so that a
// protocol without either is described as if there were no such thing.

import type { TSchema } from "@sinclair/typebox";

import type { CallDefinition, CallDefinitions } from "../schema/call-definition.ts";

/** A call as it is described; `Schema` is what a schema is described as. */
export interface DescribedCall<Schema> {
  readonly input?: Schema;
  readonly sends?: Schema;
  readonly yields?: Schema;
  readonly output?: Schema;
  readonly errors?: Readonly<Record<string, Schema>>;
  readonly idempotent?: true;
}

/** What is described beside the messages. */
export interface DescribedCalls<Schema> {
  readonly auth?: Schema;
  readonly calls?: Readonly<Record<string, DescribedCall<Schema>>>;
}

/** The description of `calls` and `auth`, in which `describe` describes each schema. */
export function describeCalls<Schema>(
  calls: CallDefinitions,
  auth: TSchema | undefined,
  describe: (schema: TSchema) => Schema,
): DescribedCalls<Schema> {
  const described = Object.entries(calls).map(
    ([name, definition]) => [name, describeCall(definition, describe)] as const,
  );
  return {
    ...(auth === undefined ? {} : { auth: describe(auth) }),
    ...(described.length === 0 ? {} : { calls: Object.fromEntries(described) }),
  };
}

function describeCall<Schema>(
  { input, sends, yields, output, errors = {}, idempotent }: CallDefinition,
  describe: (schema: TSchema) => Schema,
): DescribedCall<Schema> {
  const codes = Object.entries(errors).map(([code, data]) => [code, describe(data)] as const);
  return {
    ...(input === undefined ? {} : { input: describe(input) }),
    ...(sends === undefined ? {} : { sends: describe(sends) }),
    ...(yields === undefined ? {} : { yields: describe(yields) }),
    ...(output === undefined ? {} : { output: describe(output) }),
    ...(codes.length === 0 ? {} : { errors: Object.fromEntries(codes) }),
    ...(idempotent === true ? { idempotent } : {}),
  };
}
