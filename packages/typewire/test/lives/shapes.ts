// The protocol of the random lives: a call of each combination of sends, yields and output, and two that may be made
// again. Its input says what the handler is to do, so that the model knows what each call may come to.

import { defineProtocol, type Static, Type } from "typewire";

const plan = Type.Object({
  key: Type.Integer(),
  /** Yielded, where the call yields, and the bytes of each. */
  items: Type.Integer(),
  itemBytes: Type.Integer(),
  /** How many of the caller's items are taken; -1: all. */
  takes: Type.Integer(),
  /** Whether it waits, now and then, until the test lets it go on or its signal aborts. */
  waits: Type.Boolean(),
  end: Type.Union([
    Type.Literal("well"),
    /** Waits as if there were no signal. */
    Type.Literal("deaf"),
    Type.Literal("declared"),
    Type.Literal("undeclared"),
    Type.Literal("throws"),
    Type.Literal("unfit"),
    Type.Literal("unfit data"),
  ]),
});

/** What a handler is to do. */
export type Plan = Static<typeof plan>;

const item = Type.Object({ number: Type.Integer(), padding: Type.Uint8Array() });
const output = Type.Object({ key: Type.Integer(), took: Type.Integer() });
const always = { input: plan, errors: { declared: Type.Object({ key: Type.Integer() }) } };

export const shapes = defineProtocol({
  name: "shapes",
  version: 1,
  server: {},
  client: { said: Type.Object({}) },
  calls: {
    none: { ...always },
    output: { ...always, output },
    sends: { ...always, sends: item },
    sendsOutput: { ...always, sends: item, output },
    yields: { ...always, yields: item },
    yieldsOutput: { ...always, yields: item, output },
    both: { ...always, sends: item, yields: item },
    bothOutput: { ...always, sends: item, yields: item, output },
    again: { ...always, idempotent: true },
    againOutput: { ...always, output, idempotent: true },
  },
});

/** What the calls have, by name. */
export const { calls } = shapes;
export const names = Object.keys(calls);

export function makeItem(number: number, bytes: number): Static<typeof item> {
  return { number, padding: new Uint8Array(bytes) };
}
