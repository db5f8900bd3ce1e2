// What a schema says of an item on the wire, by docs/wire.md and the meaning of each kind of schema:
// whether it may be delivered, and as what value. Written for plainness, with nothing taken from the
// codec and nothing asked of TypeBox but the schema itself. The item is what `profile-oracle` reads.

import { FormatRegistry, Kind, OptionalKind, type TSchema, Type } from "@sinclair/typebox";

import type { Plain } from "./profile-oracle.ts";

/** An item that fits: the value to deliver, and how many properties were left out because no schema describes them. */
interface Fit {
  readonly value: unknown;
  readonly dropped: number;
}

type Scope = ReadonlyMap<string, TSchema>;
type Fields = Readonly<Record<string, TSchema>>;

const MAX_DATE_MS = 8.64e15;

/** What may be delivered for `item` under `schema`; undefined where nothing may. */
export function fitOf(schema: TSchema, item: Plain, scope: Scope = new Map()): Fit | undefined {
  const id: unknown = schema.$id;
  const names = typeof id === "string" ? new Map([...scope, [id, schema]]) : scope;
  switch (schema[Kind]) {
    case "Ref":
    case "This":
      return fitOf(definition(schema, scope), item, scope);
    case "Import": {
      const definitions = new Map(Object.entries(schema["$defs"] as Fields));
      return fitOf(definition(schema, definitions), item, definitions);
    }
    case "Union":
      return fitOfUnion(schema["anyOf"] as readonly TSchema[], item, names);
    case "Intersect":
      return fitOf(mergedObject(schema), item, names);
    case "Both": {
      const [first, ...others] = (schema["both"] as readonly TSchema[]).map((each) =>
        fitOf(each, item, names),
      );
      return others.includes(undefined) ? undefined : first;
    }
    case "Array":
      return fitOfArray(schema, item, names);
    case "Tuple":
      return fitOfTuple((schema["items"] ?? []) as readonly TSchema[], item, names);
    case "Object":
    case "Record":
      return fitOfMap(schema, item, names);
    case "Not":
      if (fitOf(schema["not"] as TSchema, item, names) !== undefined) return undefined;
      return fitOfUnknown(item);
    case "Any":
    case "Unknown":
      return fitOfUnknown(item);
    default:
      return fitOfLeaf(schema, item);
  }
}

function definition(schema: TSchema, scope: Scope): TSchema {
  const found = scope.get(schema["$ref"] as string);
  if (found === undefined) throw new Error(`nothing is called ${String(schema["$ref"])}`);
  return found;
}

/** The first member that fits and leaves nothing out; failing that, the first that fits. */
function fitOfUnion(members: readonly TSchema[], item: Plain, scope: Scope): Fit | undefined {
  const fits = members.map((member) => fitOf(member, item, scope)).filter((fit) => fit);
  return fits.find((fit) => fit?.dropped === 0) ?? fits[0];
}

/** Plain objects intersected are one object; a property that several name is what all of them ask. */
function mergedObject(schema: TSchema): TSchema {
  const members = schema["allOf"] as readonly TSchema[];
  const properties: Record<string, TSchema> = {};
  for (const member of members) {
    for (const [name, asked] of Object.entries(member["properties"] as Fields)) {
      const before = Object.hasOwn(properties, name) ? properties[name] : undefined;
      properties[name] = before === undefined ? asked : bothOf(before, asked);
    }
  }
  const additionalProperties: unknown = schema["unevaluatedProperties"];
  return { [Kind]: "Object", properties, additionalProperties } as unknown as TSchema;
}

/** What has two types at once, and is required where one of them asks that. */
function bothOf(a: TSchema, b: TSchema): TSchema {
  const isOptional = OptionalKind in a && OptionalKind in b;
  const both = { [Kind]: "Both", both: [a, b] } as unknown as TSchema;
  return isOptional ? Type.Optional(both) : both;
}

function fitOfArray(schema: TSchema, item: Plain, scope: Scope): Fit | undefined {
  if (!Array.isArray(item) || !isWithin(item.length, schema["minItems"], schema["maxItems"]))
    return undefined;
  const fit = together(item.map((part: Plain) => fitOf(schema["items"] as TSchema, part, scope)));
  return fit !== undefined && holdsTogether(schema, fit.value as readonly unknown[])
    ? fit
    : undefined;
}

/** What an array asks of its items together is asked of what is delivered, without what was left out. */
function holdsTogether(schema: TSchema, items: readonly unknown[]): boolean {
  const { uniqueItems, contains } = schema as { uniqueItems?: boolean; contains?: TSchema };
  if (uniqueItems === true) {
    const isTwin = (item: unknown, index: number): boolean =>
      items.slice(0, index).some((other) => isSame(item, other));
    if (items.some(isTwin)) return false;
  }
  if (contains === undefined) return true;
  const count = items.filter((item) => fitOf(contains, itemOf(item)) !== undefined).length;
  return isWithin(count, schema["minContains"] ?? 1, schema["maxContains"]);
}

/** The item that a delivered value would be, records with integer keys apart. */
function itemOf(value: unknown): Plain {
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(itemOf);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array)
    return value as Plain;
  return new Map(Object.entries(value).map(([name, part]) => [name, itemOf(part)]));
}

function fitOfTuple(members: readonly TSchema[], item: Plain, scope: Scope): Fit | undefined {
  if (!Array.isArray(item) || item.length !== members.length) return undefined;
  return together(members.map((member, index) => fitOf(member, item[index] as Plain, scope)));
}

function together(fits: readonly (Fit | undefined)[]): Fit | undefined {
  const whole: Fit[] = [];
  for (const fit of fits) {
    if (fit === undefined) return undefined;
    whole.push(fit);
  }
  return {
    value: whole.map((fit) => fit.value),
    dropped: whole.reduce((sum, fit) => sum + fit.dropped, 0),
  };
}

function fitOfMap(schema: TSchema, item: Plain, scope: Scope): Fit | undefined {
  if (!(item instanceof Map)) return undefined;
  const entries = item as ReadonlyMap<string | number | bigint, Plain>;
  const properties = (schema["properties"] ?? {}) as Fields;
  const object: Record<string, unknown> = {};
  let dropped = 0;
  for (const [name, property] of Object.entries(properties)) {
    if (!entries.has(name) && !(OptionalKind in property)) return undefined;
  }
  for (const [key, part] of entries) {
    const place = placeOf(schema, properties, key);
    if (place === "refused") return undefined;
    if (place === "dropped") {
      dropped += 1;
      continue;
    }
    const fit = fitOf(place, part, scope);
    if (fit === undefined) return undefined;
    object[String(key)] = fit.value;
    dropped += fit.dropped;
  }
  if (!isWithin(Object.keys(object).length, schema["minProperties"], schema["maxProperties"]))
    return undefined;
  return { value: object, dropped };
}

/** The schema of what stands under `key`, or what becomes of it. */
function placeOf(
  schema: TSchema,
  properties: Fields,
  key: string | number | bigint,
): TSchema | "refused" | "dropped" {
  const given: unknown = schema["additionalProperties"];
  const further = given === true ? Type.Unknown() : given;
  if (schema[Kind] === "Record") {
    const [[pattern, values] = ["", undefined]] = Object.entries(
      schema["patternProperties"] as Fields,
    );
    if (values === undefined) throw new Error("the judge knows records of one kind of key");
    // The two patterns that TypeBox makes of Type.Integer or Type.Number, and of Type.String.
    const isKey =
      pattern === "^(0|[1-9][0-9]*)$"
        ? typeof key !== "string" && Number.isSafeInteger(key)
        : typeof key === "string" && (pattern === "^(.*)$" || new RegExp(pattern, "u").test(key));
    if (isKey) return values;
    if (typeof key !== "string" || pattern === "^(0|[1-9][0-9]*)$") return "refused";
    return isSchema(further) ? further : "refused";
  }
  if (typeof key !== "string") return "refused";
  if (Object.hasOwn(properties, key)) return properties[key] as TSchema;
  if (further === false) return "refused";
  return isSchema(further) ? further : "dropped";
}

function isSchema(part: unknown): part is TSchema {
  return typeof part === "object" && part !== null;
}

/** What the profile allows, with text keys, without undefined, and within 64 bits. */
function fitOfUnknown(item: Plain): Fit | undefined {
  if (item === undefined) return undefined;
  if (typeof item === "bigint") return fits64Bits(item) ? { value: item, dropped: 0 } : undefined;
  if (item instanceof Uint8Array) return { value: item.slice(), dropped: 0 };
  if (Array.isArray(item)) return together(item.map((part: Plain) => fitOfUnknown(part)));
  if (!(item instanceof Map)) return { value: item, dropped: 0 };
  const object: Record<string, unknown> = {};
  for (const [key, part] of item as ReadonlyMap<unknown, Plain>) {
    const fit = fitOfUnknown(part);
    if (typeof key !== "string" || fit === undefined) return undefined;
    object[key] = fit.value;
  }
  return { value: object, dropped: 0 };
}

function fitOfLeaf(schema: TSchema, item: Plain): Fit | undefined {
  const value = leafOf(schema, item);
  return value === REFUSED ? undefined : { value, dropped: 0 };
}

const REFUSED = Symbol("refused");

function leafOf(schema: TSchema, item: Plain): unknown {
  const fits = (condition: boolean, value: unknown = item): unknown =>
    condition ? value : REFUSED;
  switch (schema[Kind] as string) {
    case "Null":
      return fits(item === null);
    case "Undefined":
    case "Void":
      return fits(item === undefined);
    case "Boolean":
      return fits(typeof item === "boolean");
    case "Literal":
      return fits(item === schema["const"]);
    case "Number":
      return fits(typeof item === "number" && Number.isFinite(item) && isInRange(schema, item));
    case "Integer":
      return fits(typeof item === "number" && Number.isInteger(item) && isInRange(schema, item));
    case "BigInt": {
      if (typeof item !== "bigint" && !Number.isSafeInteger(item)) return REFUSED;
      const value = BigInt(item as bigint | number);
      return fits(fits64Bits(value) && isInRange(schema, value), value);
    }
    case "Date": {
      if (typeof item !== "number" || !Number.isInteger(item)) return REFUSED;
      const isDate = Math.abs(item) <= MAX_DATE_MS;
      return fits(isDate && isTimestampInRange(schema, item), new Date(item));
    }
    case "Uint8Array": {
      if (!(item instanceof Uint8Array)) return REFUSED;
      const { minByteLength, maxByteLength } = schema as Record<string, unknown>;
      return fits(isWithin(item.length, minByteLength, maxByteLength), item.slice());
    }
    case "String":
    case "TemplateLiteral":
    case "RegExp":
      return fits(typeof item === "string" && isText(schema, item));
    case "Never":
      return REFUSED;
    default:
      throw new Error(`the judge does not know ${String(schema[Kind])}`);
  }
}

function isText(schema: TSchema, text: string): boolean {
  const { minLength, maxLength, pattern, format, source, flags } = schema as Record<
    string,
    string | undefined
  >;
  if (!isWithin(text.length, minLength, maxLength)) return false;
  // What the tests' template literals say, and TypeBox's pattern does not.
  const meant = ((schema["x-pattern"] as string | undefined) ?? pattern)?.replaceAll(
    "(0|[1-9][0-9]*)",
    "(-?(?:0|[1-9]\\d*)(\\.\\d+)?(e[+-]?\\d+)?)",
  );
  if (meant !== undefined && !new RegExp(meant, "u").test(text)) return false;
  if (source !== undefined && !new RegExp(source, flags).test(text)) return false;
  return format === undefined || isOfFormat(format, text);
}

/** A check that throws has refused the text. */
function isOfFormat(format: string, text: string): boolean {
  try {
    return FormatRegistry.Get(format)?.(text) === true;
  } catch {
    return false;
  }
}

function isInRange(schema: TSchema, value: number | bigint): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Record<
    string,
    number | bigint | undefined
  >;
  return (
    isWithin(value, minimum, maximum) &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (exclusiveMaximum === undefined || value < exclusiveMaximum) &&
    (multipleOf === undefined || isMultiple(value, multipleOf))
  );
}

function isMultiple(value: number | bigint, step: number | bigint): boolean {
  if (typeof value === "bigint") return value % BigInt(step) === 0n;
  return isDecimalMultiple(value, Number(step));
}

/**
 * Whether the decimal that `value` is written as, over the one that `step` is written as, is whole: both
 * with as many digits behind the point as either has, and then without the point.
 */
export function isDecimalMultiple(value: number, step: number): boolean {
  if (!Number.isFinite(value) || step === 0) return false;
  const [a, b] = [pointed(value), pointed(step)];
  const places = Math.max(a.behind.length, b.behind.length);
  const whole = ({ before, behind }: Pointed): bigint =>
    BigInt(before + behind.padEnd(places, "0"));
  return whole(a) % whole(b) === 0n;
}

/** The digits before and behind the point, the sign left out. */
interface Pointed {
  readonly before: string;
  readonly behind: string;
}

function pointed(value: number): Pointed {
  const [digits = "", exponent = "0"] = String(Math.abs(value)).split("e");
  const [before = "", behind = ""] = digits.split(".");
  const shift = Number(exponent);
  if (shift < 0) {
    const padded = before.padStart(1 - shift, "0");
    return { before: padded.slice(0, shift), behind: padded.slice(shift) + behind };
  }
  const padded = behind.padEnd(shift, "0");
  return { before: before + padded.slice(0, shift), behind: padded.slice(shift) };
}

function isTimestampInRange(schema: TSchema, milliseconds: number): boolean {
  const bounds = schema as Record<string, number | undefined>;
  const {
    exclusiveMinimumTimestamp: above,
    exclusiveMaximumTimestamp: below,
    multipleOfTimestamp: step,
  } = bounds;
  return (
    isWithin(milliseconds, bounds["minimumTimestamp"], bounds["maximumTimestamp"]) &&
    (above === undefined || milliseconds > above) &&
    (below === undefined || milliseconds < below) &&
    (step === undefined || milliseconds % step === 0)
  );
}

function isWithin(value: number | bigint, least: unknown, most: unknown): boolean {
  return (
    (least === undefined || value >= (least as number | bigint)) &&
    (most === undefined || value <= (most as number | bigint))
  );
}

function fits64Bits(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

/** An object without a prototype is as good as any. */
function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

/** Whether two delivered values are the same, the order of their properties aside. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (prototypeOf(a) !== prototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  const [names, others] = [Object.keys(a), Object.keys(b)];
  if (names.length !== others.length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(b, name) &&
      isSame((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );
}
