// A protocol in the shape of a forge's webhooks, made by rule: hundreds of messages of which each carries
// the same large objects (a repository of some eighty properties, users, an organization), many of them
// nullable. It is what code per place of use does not survive.

import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

/** How many messages the largest known protocol of this shape has. */
export const WEBHOOKS = 224;

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** `count` properties called `prefix_n` whose kinds alternate. */
function fields(prefix: string, count: number): Record<string, TSchema> {
  const kinds: readonly (() => TSchema)[] = [
    () => Type.String(),
    () => Type.Integer(),
    () => Type.Boolean(),
    () => nullable(Type.String()),
    () => Type.Optional(Type.String()),
  ];
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const kind = kinds[index % kinds.length] ?? Type.String;
      return [`${prefix}_${index}`, kind()];
    }),
  );
}

const user = Type.Object({
  ...fields("user", 20),
  kind: Type.Union([Type.Literal("Bot"), Type.Literal("User"), Type.Literal("Organization")]),
});
const license = Type.Object(fields("license", 5));
const organization = Type.Object(fields("organization", 14));
const repository = Type.Object({
  ...fields("repository", 80),
  owner: user,
  license: nullable(license),
  permissions: Type.Optional(Type.Record(Type.String(), Type.Boolean())),
  topics: Type.Array(Type.String()),
});
const team = Type.Recursive((This) =>
  Type.Object({ ...fields("team", 10), parent: Type.Optional(nullable(This)) }),
);
const milestone = Type.Object({ ...fields("milestone", 14), creator: nullable(user) });
const label = Type.Object(fields("label", 6));
const issue = Type.Object({
  ...fields("issue", 30),
  user: nullable(user),
  assignee: Type.Optional(nullable(user)),
  assignees: Type.Array(nullable(user)),
  labels: Type.Array(label),
  milestone: nullable(milestone),
});
const end = Type.Object({
  ...fields("end", 3),
  user: nullable(user),
  repository: nullable(repository),
});
const pullRequest = Type.Object({
  ...fields("pull", 40),
  user: nullable(user),
  assignees: Type.Array(nullable(user)),
  requestedReviewers: Type.Array(user),
  requestedTeams: Type.Array(team),
  milestone: nullable(milestone),
  head: end,
  base: end,
});
const subjects: readonly Record<string, TSchema>[] = [
  { issue },
  { pull_request: pullRequest },
  { issue, comment: Type.Object({ ...fields("comment", 12), user: nullable(user) }) },
  { team, member: user },
  { milestone, changes: Type.Optional(Type.Object(fields("change", 4))) },
];

/** The schemas of `count` messages; each has a subject, what all have, and a few properties of its own. */
export function webhookSchemas(count: number = WEBHOOKS): Record<string, TObject> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `subject_${index % subjects.length}_action_${index}`,
      Type.Object({
        action: Type.Literal(`action_${index}`),
        ...fields(`own_${index}`, 3),
        ...subjects[index % subjects.length],
        repository,
        organization: Type.Optional(organization),
        sender: user,
        installation: Type.Optional(Type.Object(fields("installation", 2))),
      }),
    ]),
  );
}

/** A message called `name` of this schema. */
export function webhookMessage(
  name: string,
  schema: TSchema | undefined,
): { readonly type: string } {
  const body = Value.Create(schema ?? Type.Never()) as object;
  return { ...body, type: name };
}
