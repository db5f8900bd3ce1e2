// What the attacked server with calls is asked for: the conversation of `saludo`, by its name and version, so that the
// well-behaved clients are the same as everywhere, and calls of each kind beside it.

import { Type } from "@sinclair/typebox";
import { defineProtocol } from "@typewire/protocol";

const said = Type.Object({ from: Type.String(), text: Type.String(), at: Type.Date() });

export const callsProtocol = defineProtocol({
  name: "saludo",
  version: 1,
  server: {
    welcome: Type.Object({ text: Type.String() }),
    greeting: Type.Object({ words: Type.Record(Type.Integer(), Type.String()) }),
    said,
  },
  client: { say: Type.Object({ text: Type.String({ minLength: 1, maxLength: 4096 }) }) },
  calls: {
    echo: { input: Type.Integer(), output: Type.Integer() },
    /** Takes so many milliseconds, or until its signal aborts. */
    nap: { input: Type.Integer(), output: Type.Integer() },
    /** Never ends, whatever its signal says. */
    hang: {},
    /** Three items, from an array. */
    list: { yields: Type.Integer() },
    /** So many items, from a generator that never waits. */
    count: { input: Type.Integer(), yields: Type.Integer() },
    /** Chunks of 32 KiB, without end. */
    pour: { yields: Type.Uint8Array() },
    /** An item at once, and then one when the server leaves. */
    tail: { yields: Type.Integer() },
    /** Fails in the way that `input` names. */
    fail: {
      input: Type.String(),
      output: Type.Integer(),
      errors: { declared: Type.Object({ why: Type.String({ maxLength: 10 }) }) },
    },
    sum: { sends: Type.Integer(), output: Type.Integer() },
    /** Takes no item, until its signal aborts. */
    ignore: { sends: Type.Object({}) },
    /** Is written down as run, and then answered, or never where the text begins with `hold`. */
    note: { input: Type.String(), output: Type.Integer(), idempotent: true },
    /** The same, and may not run twice. */
    noteOnce: { input: Type.String(), output: Type.Integer() },
    /** What the handlers have done so far. */
    state: {
      output: Type.Object({
        /** `nap`s under way, and the most at once. */
        napping: Type.Integer(),
        mostNapping: Type.Integer(),
        /** Chunks that were pulled of all `pour`s. */
        poured: Type.Integer(),
        /** What was sent to `sum`. */
        summed: Type.Integer(),
        /** By how much a timer of 10 ms was late at worst, since this was asked last. */
        lateMs: Type.Number(),
        /** Calls under way on all connections, this one included. */
        inFlight: Type.Integer(),
      }),
    },
  },
});
