// CBOR as a hostile peer writes it: from hex and from heads, never through the writer under test.

import { concatenate } from "@typewire/testkit";

export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"));
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export const concat = (...parts: readonly Uint8Array[]): Uint8Array => concatenate(parts);

const MAJORS = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6 } as const;

/** A head with its argument in four bytes, or in the initial byte where it fits. */
export function head(major: keyof typeof MAJORS, argument: number): Uint8Array {
  const high = MAJORS[major] << 5;
  if (argument < 24) return Uint8Array.of(high | argument);
  const bytes = new Uint8Array(5);
  bytes[0] = high | 26;
  new DataView(bytes.buffer).setUint32(1, argument);
  return bytes;
}

export function text(content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === "string" ? ascii(content) : content;
  return concat(head("text", bytes.length), bytes);
}

/** A map of these keys and values, in turn. */
export function map(...items: readonly Uint8Array[]): Uint8Array {
  return concat(head("map", items.length / 2), ...items);
}

/** A map with a `type`. */
export function message(type: string, ...fields: readonly Uint8Array[]): Uint8Array {
  return map(text("type"), text(type), ...fields);
}

/** `{type: "say", text: "hola", x: item}`: a message that is good but for `item`, if that is bad. */
export function carrying(item: Uint8Array): Uint8Array {
  return message("say", text("text"), text("hola"), text("x"), item);
}

/** Ten bytes, whatever they say. */
export function header(content: string | number): Uint8Array {
  return ascii(String(content).padEnd(10));
}

/** The payload behind its header. */
export function frame(payload: Uint8Array): Uint8Array {
  return concat(header(payload.length), payload);
}

/** `unit`, so many times. */
export function repeated(unit: Uint8Array, count: number): Uint8Array {
  const bytes = new Uint8Array(unit.length * count);
  for (let index = 0; index < count; index += 1) bytes.set(unit, index * unit.length);
  return bytes;
}

/** A frame with a `$hello`, of saludo 1 unless the test says otherwise. */
export function hello(
  fields: readonly Uint8Array[] = [],
  { protocol = "saludo", version = 1 }: { protocol?: string; version?: number } = {},
): Uint8Array {
  const names = [text("protocol"), text(protocol), text("version"), head("unsigned", version)];
  return frame(message("$hello", ...names, ...fields));
}
