// Objects of named properties, in the order of the schema, into one object literal of fixed shape.

import { MAJOR } from "../../../cbor/write.ts";
import { type ObjectShape, type Property, resolveShape } from "../../../schema/shape.ts";
import { bytesOfHead, bytesOfLiteral } from "../constant-bytes.ts";
import { conditionsOf } from "../constraints.ts";
import { fieldTable } from "../fields.ts";
import { literal, Uncompiled } from "../source.ts";
import { type DecodeEmitter, differs } from "./emitter.ts";
import { emitRecord } from "./sequence.ts";

/** A property that has been read: its value, and the name that says whether it was there. */
interface ReadProperty {
  readonly name: string;
  readonly value: string;
  readonly present: string | undefined;
}

/** An object inside a message. */
export function emitObject(emitter: DecodeEmitter, shape: ObjectShape): string {
  if (shape.entries.length > 0 && shape.properties.length === 0) return emitRecord(emitter, shape);
  assertNamedOnly(emitter, shape);
  emitter.items += 1;
  return emitter.nested(() => {
    const optionals = shape.properties.filter((property) => property.optional).length;
    if (optionals === 0) {
      emitter.expect(bytesOfHead(MAJOR.map, shape.properties.length));
      return emitProperties(emitter, shape, undefined, []);
    }
    const count = emitter.length(5, 2);
    return emitProperties(emitter, shape, emitCount(emitter, shape, count, 0), []);
  });
}

/**
 * The object that is the message: its head is at `start`, its `type` has been read, and `p` is behind it.
 */
export function emitMessageObject(
  emitter: DecodeEmitter,
  shape: ObjectShape,
  name: string,
): string {
  assertNamedOnly(emitter, shape);
  emitter.items += 3;
  return emitter.nested(() => {
    const type: ReadProperty = { name: "type", value: literal(name), present: undefined };
    const { source } = emitter;
    if (shape.properties.some((property) => property.optional)) {
      const count = source.fresh("n");
      source.line(`const ${count} = readArgument(b, start, e);`);
      return emitProperties(emitter, shape, emitCount(emitter, shape, count, 1), [type]);
    }
    const head = bytesOfHead(MAJOR.map, shape.properties.length + 1);
    source.line(`if (${differs(head, "start")}) ${emitter.fail}`);
    return emitProperties(emitter, shape, undefined, [type]);
  });
}

function assertNamedOnly(emitter: DecodeEmitter, shape: ObjectShape): void {
  if (shape.entries.length > 0 || typeof shape.rest === "object") {
    throw new Uncompiled(
      "an object with named and unnamed properties is read by the reference path",
    );
  }
  conditionsOf(shape, "", emitter.source);
}

/** How many optional properties are to come, as a fresh name; gives up where the count cannot be right. */
function emitCount(
  emitter: DecodeEmitter,
  shape: ObjectShape,
  count: string,
  before: number,
): string {
  const { source } = emitter;
  const required = shape.properties.filter((property) => !property.optional).length + before;
  const left = source.fresh("c");
  source.line(`let ${left} = ${count} - ${required};`);
  source.line(`if (${left} < 0) ${emitter.fail}`);
  return left;
}

function emitProperties(
  emitter: DecodeEmitter,
  shape: ObjectShape,
  left: string | undefined,
  leading: readonly ReadProperty[],
): string {
  if (emitter.source.isDense) return emitFields(emitter, shape, left, leading);
  const read = [...leading];
  for (const property of shape.properties) {
    if (property.optional && resolveShape(property.shape)?.kind === "never") continue;
    emitter.items += 1;
    if (property.optional && left !== undefined) read.push(emitOptional(emitter, property, left));
    else {
      emitter.expect(bytesOfLiteral(property.name));
      const value = emitter.value(property.shape);
      read.push({ name: property.name, value, present: undefined });
    }
  }
  if (left !== undefined) {
    emitter.settle();
    emitter.source.line(`if (${left} !== 0) ${emitter.fail}`);
  }
  return emitRead(emitter, read);
}

/** The object of what has been read. */
function emitRead(emitter: DecodeEmitter, read: readonly ReadProperty[]): string {
  const allThere = read.every(({ present }) => present === undefined);
  return allThere ? objectLiteral(read) : emitAssembly(emitter, read);
}

/**
 *     s.optional = c1;
 *     const r2 = readFields(b, p, e, s, fields3, [value4], 1);
 *     if (r2 === undefined || s.optional !== 0) return MISS;
 *     p = s.position;
 */
function emitFields(
  emitter: DecodeEmitter,
  shape: ObjectShape,
  left: string | undefined,
  leading: readonly ReadProperty[],
): string {
  const { source } = emitter;
  const read = [...leading];
  // Literals come first where they tell the members of a union apart: hundreds of trials fail here.
  const isLeading = ({ optional, shape: part }: Property): boolean =>
    !optional && resolveShape(part)?.kind === "literal";
  const others = shape.properties.findIndex((property) => !isLeading(property));
  const inTable = others === -1 ? [] : shape.properties.slice(others);
  for (const { name, shape: part } of shape.properties.slice(
    0,
    shape.properties.length - inTable.length,
  )) {
    emitter.items += 1;
    emitter.expect(bytesOfLiteral(name));
    read.push({ name, value: emitter.value(part), present: undefined });
  }
  const { fields, functions } = fieldTable(inTable, emitter.functions, source);
  const values = source.fresh("r");
  const table = `${source.constant(fields, "fields")}, [${functions.join(", ")}]`;
  emitter.items += 2 * fields.length - functions.length;
  emitter.settle();
  source.line(`s.optional = ${left ?? 0};`);
  source.line(`const ${values} = readFields(b, p, e, s, ${table}, ${emitter.depth});`);
  source.line(`if (${values} === undefined || s.optional !== 0) ${emitter.fail}`);
  source.line("p = s.position;");
  emitter.moved();
  fields.forEach(({ name, isOptional }, index) => {
    const value = `${values}[${index}]`;
    read.push({ name, value, present: isOptional ? `${value} !== MISS` : undefined });
  });
  return emitRead(emitter, read);
}

/**
 *     let t3;
 *     let has4 = false;
 *     if (c1 > 0 && p + 4 < e && ((b[p] ^ 99) | …) === 0) {
 *       p += 4;
 *       c1 -= 1;
 *       has4 = true;
 *       …the value…
 *       t3 = …;
 *     }
 */
function emitOptional(emitter: DecodeEmitter, property: Property, left: string): ReadProperty {
  const { source } = emitter;
  const key = bytesOfLiteral(property.name);
  const value = source.fresh("t");
  const present = source.fresh("has");
  emitter.settle();
  source.line(`let ${value};`);
  source.line(`let ${present} = false;`);
  const matches = `!(${differs(key, "p")})`;
  emitter.block(`if (${left} > 0 && p + ${key.length} < e && ${matches}) {`, () => {
    source.line(`p += ${key.length};`);
    source.line(`${left} -= 1;`);
    source.line(`${present} = true;`);
    const inner = emitter.value(property.shape);
    emitter.settle();
    source.line(`${value} = ${inner};`);
  });
  return { name: property.name, value, present };
}

/**
 * With everything there, one literal; otherwise the properties one by one, in the same order:
 *
 *     let t5;
 *     if (has2 && has4) t5 = { "type": "said", "a": t1, "b": t3 };
 *     else {
 *       t5 = { "type": "said" };
 *       if (has2) t5["a"] = t1;
 *       if (has4) t5["b"] = t3;
 *     }
 *
 * Dense code has the second only.
 */
function emitAssembly(emitter: DecodeEmitter, read: readonly ReadProperty[]): string {
  const { source } = emitter;
  const object = source.fresh("t");
  const presence = read.flatMap(({ present }) => (present === undefined ? [] : [present]));
  const firstOptional = read.findIndex(({ present }) => present !== undefined);
  const assign = (): void => {
    source.line(`${object} = ${objectLiteral(read.slice(0, firstOptional))};`);
    for (const { name, value, present } of read.slice(firstOptional)) {
      const assignment = `${object}[${literal(name)}] = ${value};`;
      source.line(present === undefined ? assignment : `if (${present}) ${assignment}`);
    }
  };
  source.line(`let ${object};`);
  if (source.isDense) assign();
  else {
    source.line(`if (${presence.join(" && ")}) ${object} = ${objectLiteral(read)};`);
    source.block("else {", assign);
  }
  return object;
}

function objectLiteral(read: readonly ReadProperty[]): string {
  if (read.length === 0) return "{}";
  return `{ ${read.map(({ name, value }) => `${literal(name)}: ${value}`).join(", ")} }`;
}
