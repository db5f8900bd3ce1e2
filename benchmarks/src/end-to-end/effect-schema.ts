// The workload's message for the peers of Effect, whose schemas are its own.

import { Schema } from "effect";

const text = (least: number, most: number) =>
  Schema.String.check(Schema.isMinLength(least), Schema.isMaxLength(most));

/** The seven fields in Effect's schemas. */
export const posted = {
  type: Schema.Literal("posted"),
  id: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4_294_967_295 })),
  from: text(1, 32),
  room: Schema.Literals(["lobby", "news", "support"]),
  text: text(1, 280),
  at: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
  score: Schema.Finite,
  edited: Schema.Boolean,
};
export const Posted = Schema.Struct(posted);
