// Tells known byte strings apart without building anything: a decision tree over single bytes, whose
// leaves compare the rest. Message names, enums and discriminators go through here.

import { type DecodeEmitter, differs } from "./emitter.ts";

/** Bytes that may stand at `p`, and what to emit once they have been recognised and passed. */
export interface Choice {
  readonly bytes: readonly number[];
  readonly chosen: () => void;
}

/**
 *     switch (b[p]) {
 *       case 99:
 *         if (p + 4 > e || ((b[p + 1] ^ 114) | …) !== 0) return MISS;
 *         p += 4;
 *         …
 *         break;
 *       default: return MISS;
 *     }
 */
export function emitChoice(emitter: DecodeEmitter, choices: readonly Choice[]): void {
  emitter.head();
  choose(emitter, choices, new Set());
  emitter.moved();
}

function choose(
  emitter: DecodeEmitter,
  choices: readonly Choice[],
  known: ReadonlySet<number>,
): void {
  const [first, ...others] = choices;
  if (first === undefined) return;
  if (others.length === 0) {
    emitRecognised(emitter, first, known);
    return;
  }
  const { source, fail } = emitter;
  const place = mostTelling(choices);
  const groups = Map.groupBy(choices, (choice) => choice.bytes[place]);
  if (place > 0) source.line(`if (p + ${place} >= e) ${fail}`);
  source.block(`switch (b[p + ${place}]) {`, () => {
    for (const [byte, group] of groups) {
      source.block(
        `case ${byte}: {`,
        () => {
          choose(emitter, group, new Set([...known, place]));
          source.line("break;");
        },
        "}",
      );
    }
    source.line(`default: ${fail}`);
  });
}

function emitRecognised(emitter: DecodeEmitter, choice: Choice, known: ReadonlySet<number>): void {
  const { source, fail } = emitter;
  const { bytes } = choice;
  const unknown = bytes.flatMap((byte, index) =>
    known.has(index) ? [] : [[index, byte] as const],
  );
  const differences = unknown.map(([index, byte]) => differs([byte], `p + ${index}`));
  source.line(`if (${[`p + ${bytes.length} > e`, ...differences].join(" || ")}) ${fail}`);
  source.line(`p += ${bytes.length};`);
  emitter.moved();
  choice.chosen();
}

/** The place at which the choices differ most; all of them have it. The first bytes hold lengths, so choices of one group end alike. */
export function mostTelling(choices: readonly Pick<Choice, "bytes">[]): number {
  const shortest = Math.min(...choices.map((choice) => choice.bytes.length));
  let best = 0;
  let most = 0;
  for (let place = 0; place < shortest; place += 1) {
    const variety = new Set(choices.map((choice) => choice.bytes[place])).size;
    if (variety > most) [best, most] = [place, variety];
  }
  return best;
}
