// Twenty message types in one direction, as a chat's server sends them: small ones, in random order, so
// that every decode begins with finding out which it is.

import { type Static, type TObject, Type } from "@sinclair/typebox";
import type { SeededRandom } from "@typewire/testkit";

import { type Corpus, generate, type Message, pick, VARIANTS } from "../corpus.ts";
import { remark, userName } from "./sentences.ts";

const id = Type.Integer({ minimum: 0, maximum: 4_294_967_295 });
const name = Type.String({ minLength: 1, maxLength: 32 });
const line = Type.String({ minLength: 1, maxLength: 280 });
const role = Type.Union([Type.Literal("guest"), Type.Literal("member"), Type.Literal("admin")]);

/** A message's schema beside what makes one. */
function kind<Schema extends TObject>(
  schema: Schema,
  make: (random: SeededRandom) => Static<Schema>,
): { readonly schema: TObject; readonly make: (random: SeededRandom) => object } {
  return { schema, make };
}

const anId = (random: SeededRandom): number => random.integer(0, 4_294_967_295);
const aRole = (random: SeededRandom): Static<typeof role> =>
  pick(random, ["guest", "member", "admin"]);

const kinds = {
  joined: kind(Type.Object({ user: name, role }), (r) => ({ user: userName(r), role: aRole(r) })),
  left: kind(Type.Object({ user: name, reason: line }), (r) => ({
    user: userName(r),
    reason: remark(r),
  })),
  said: kind(Type.Object({ id, user: name, text: line }), (r) => ({
    id: anId(r),
    user: userName(r),
    text: remark(r),
  })),
  edited: kind(Type.Object({ id, text: line }), (r) => ({ id: anId(r), text: remark(r) })),
  deleted: kind(Type.Object({ id }), (r) => ({ id: anId(r) })),
  reacted: kind(Type.Object({ id, user: name, emoji: Type.String({ maxLength: 8 }) }), (r) => ({
    id: anId(r),
    user: userName(r),
    emoji: pick(r, ["🙂", "🎉", "ok"]),
  })),
  typing: kind(Type.Object({ user: name, active: Type.Boolean() }), (r) => ({
    user: userName(r),
    active: r.next() < 0.5,
  })),
  renamed: kind(Type.Object({ before: name, after: name }), (r) => ({
    before: userName(r),
    after: userName(r),
  })),
  promoted: kind(Type.Object({ user: name, role }), (r) => ({ user: userName(r), role: aRole(r) })),
  muted: kind(Type.Object({ user: name, seconds: id }), (r) => ({
    user: userName(r),
    seconds: r.integer(1, 86_400),
  })),
  topic: kind(Type.Object({ text: line, by: name }), (r) => ({ text: remark(r), by: userName(r) })),
  members: kind(Type.Object({ users: Type.Array(name) }), (r) => ({
    users: Array.from({ length: r.integer(1, 5) }, () => userName(r)),
  })),
  position: kind(
    Type.Object({ user: name, latitude: Type.Number(), longitude: Type.Number() }),
    (r) => ({ user: userName(r), latitude: r.next() * 180 - 90, longitude: r.next() * 360 - 180 }),
  ),
  uploaded: kind(Type.Object({ id, file: line, bytes: id, image: Type.Boolean() }), (r) => ({
    id: anId(r),
    file: `foto-${r.integer(1, 9999)}.jpg`,
    bytes: anId(r),
    image: r.next() < 0.8,
  })),
  progress: kind(Type.Object({ id, fraction: Type.Number({ minimum: 0, maximum: 1 }) }), (r) => ({
    id: anId(r),
    fraction: r.next(),
  })),
  pinned: kind(Type.Object({ id, by: name }), (r) => ({ id: anId(r), by: userName(r) })),
  counted: kind(Type.Object({ online: id, messages: id }), (r) => ({
    online: r.integer(0, 5000),
    messages: anId(r),
  })),
  warned: kind(Type.Object({ user: name, text: line, by: Type.Optional(name) }), (r) => ({
    user: userName(r),
    text: remark(r),
    ...(r.next() < 0.5 && { by: userName(r) }),
  })),
  voted: kind(Type.Object({ poll: id, option: id, weight: Type.Number() }), (r) => ({
    poll: anId(r),
    option: r.integer(0, 9),
    weight: r.next(),
  })),
  closed: kind(Type.Object({ reason: line }), (r) => ({ reason: remark(r) })),
};

const names = Object.keys(kinds) as [keyof typeof kinds];

export const union: Corpus = {
  name: "union",
  about: `${names.length} message types of one to four fields, in random order`,
  schemas: Object.fromEntries(Object.entries(kinds).map(([type, { schema }]) => [type, schema])),
  // Twice round, so that every type is there whatever the dice say.
  messages: generate(2 * VARIANTS, (random, index): Message => {
    const type = names[index] ?? pick(random, names);
    return { type, ...kinds[type].make(random) };
  }),
};
