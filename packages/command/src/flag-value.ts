// What a flag takes: the sentence that says so and the function that reads it. The sentence appears
// in `--help` and in the one line that refuses a value, so the two cannot drift apart.

/** What a flag or an argument takes. */
export interface FlagValue<T> {
  /** Completes "--flag takes …": `a port from 0 to 65535`. */
  readonly takes: string;
  /** The value, or undefined when the text is not one. Never throws. */
  parse(text: string): T | undefined;
}

/** Any text that is not empty. `takes` says what it means to the command. */
export function textValue(takes: string): FlagValue<string> {
  return { takes, parse: (text) => (text === "" ? undefined : text) };
}

/** A decimal integer from `min` to `max`, digits only: no sign, no exponent, no `0x`. */
export function integerValue(what: string, min: number, max: number): FlagValue<number> {
  return {
    takes: `${what} from ${min} to ${max}`,
    parse(text) {
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** One word out of a closed list. */
export function choiceValue<const Choice extends string>(
  choices: readonly Choice[],
): FlagValue<Choice> {
  const takes = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  return { takes, parse: (text) => choices.find((choice) => choice === text) };
}
