// What JSON Schema's own test suite says of the keywords that Typewire has. Each of its schemas becomes a
// TypeBox type, the property `v` of a message; each of its instances is read and sent, by both paths, and
// taken exactly where the suite takes it. What differs, and what cannot be asked because `defineProtocol`
// refuses the schema, is listed, and an entry that no longer differs fails as one that is missing does.

import { describe, expect, test } from "bun:test";

import { TypewireError } from "../../src/errors.ts";
import suite from "../fixtures/json-schema-suite.json";
import { type CodecPaths, codecPathsOf, outcomeOf } from "../support/codec-paths.ts";
import {
  fromJsonSchema,
  type JsonSchema,
  Unfollowed,
} from "../support/json-schema/from-json-schema.ts";
import { itemOfJson } from "../support/json-schema/item-of-json.ts";
import { KNOWN_DIFFERENCES, NOT_ASKED } from "../support/json-schema/known-differences.ts";
import { payloadWith } from "../support/value-codec.ts";

interface Group {
  readonly description: string;
  readonly schema: JsonSchema;
  readonly tests: readonly Instance[];
}

interface Instance {
  readonly description: string;
  readonly data: unknown;
  readonly valid: boolean;
}

const groups = Object.entries(suite.files as Readonly<Record<string, readonly Group[]>>).flatMap(
  ([file, inFile]) => inFile.map((group) => ({ ...group, name: `${file}: ${group.description}` })),
);

/** The paths of a schema, or why it cannot be asked. */
function askable(schema: JsonSchema): CodecPaths | string {
  try {
    return codecPathsOf(fromJsonSchema(schema));
  } catch (error) {
    if (error instanceof Unfollowed) return "refers to another document";
    if (error instanceof TypewireError && error.code === "protocol-invalid") return error.message;
    throw error;
  }
}

/** What the paths do with an instance, where the suite says otherwise. */
function differences(paths: CodecPaths, { data, valid }: Instance): readonly string[] {
  const payload = payloadWith(itemOfJson(data));
  return Object.entries(paths).flatMap(([path, codec]) => {
    const read = outcomeOf(() => codec.decode(payload));
    const sent = outcomeOf(() => codec.encode({ type: "m", v: data }));
    const found = (read === undefined) === valid ? [`${path} reads otherwise`] : [];
    if ((sent === undefined) === valid) found.push(`${path} sends otherwise`);
    // All that the suite admits is described: properties that it does not name are kept.
    if (read !== undefined) expect(read.value).toEqual({ type: "m", v: data });
    return found;
  });
}

const asked = groups.map(({ name, schema, tests }) => ({ name, tests, paths: askable(schema) }));

/** The entries of a list, one a line, with the reason that stands over them. */
function entries(list: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.values(list).flat().toSorted();
}

describe("the suite of JSON Schema", () => {
  test("agrees on every instance but those that are known to differ", () => {
    const differing = asked.flatMap(({ name, tests, paths }) => {
      if (typeof paths === "string") return [];
      return tests
        .map((each) => ({ name: `${name}: ${each.description}`, found: differences(paths, each) }))
        .filter(({ found }) => found.length > 0);
    });
    expect(differing.map(({ name }) => name).toSorted()).toEqual([...entries(KNOWN_DIFFERENCES)]);
    // All paths, in both directions: a known difference is no excuse for two meanings.
    for (const { found } of differing) expect(found).toHaveLength(6);
  });

  test("is asked whole, but for what is refused when the protocol is defined", () => {
    const unasked = asked.flatMap(({ name, paths }) => (typeof paths === "string" ? [name] : []));
    expect(unasked.toSorted()).toEqual([...entries(NOT_ASKED)]);
    for (const [reason, names] of Object.entries(NOT_ASKED)) {
      for (const name of names) {
        expect(asked.find((each) => each.name === name)?.paths).toContain(reason);
      }
    }
  });
});
