// What the items of one side's calls take while they wait for the program: in payload bytes, which credit bounds, and
// in memory, which is more. A byte of payload may be an empty object of 64 bytes, so that only memory counts against
// what all connections may hold.

/** An object with nothing in it, or the places of an item in its queue. Measured in JavaScriptCore: 60 to 80. */
const OBJECT_BYTES = 64;

/** A number, or a reference. */
const PLACE_BYTES = 8;

/** What the inboxes of one side share. */
export class HeldItems {
  /** How far the window of each inbox opens, in payload bytes. */
  readonly windowBytes: number;
  readonly #grown: (memoryBytes: number) => void;
  #bytes = 0;
  #memoryBytes = 0;

  /** `grown` is told of memory that is taken, and may end the connection. */
  constructor(windowBytes: number, grown: (memoryBytes: number) => void) {
    this.windowBytes = windowBytes;
    this.#grown = grown;
  }

  /** Payload bytes of the items that wait in all inboxes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What those items take in memory, roughly. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  add(payloadBytes: number, memoryBytes: number): void {
    this.#bytes += payloadBytes;
    this.#memoryBytes += memoryBytes;
    this.#grown(memoryBytes);
  }

  remove(payloadBytes: number, memoryBytes: number): void {
    this.#bytes -= payloadBytes;
    this.#memoryBytes -= memoryBytes;
  }
}

/** What a decoded item takes in memory that came as `payloadBytes`, roughly: its text and bytes, and each object in it. */
export function memoryOf(item: unknown, payloadBytes: number): number {
  return payloadBytes + OBJECT_BYTES + (isObject(item) ? structureOf(item) : 0);
}

/** Of objects and places alone. A decoded value is as deep as `maxNesting` at most. */
function structureOf(value: object): number {
  let bytes = OBJECT_BYTES;
  if (value instanceof Uint8Array) return bytes;
  if (Array.isArray(value)) {
    bytes += value.length * PLACE_BYTES;
    for (const each of value) if (isObject(each)) bytes += structureOf(each);
  } else {
    for (const key in value) {
      const each = (value as Record<string, unknown>)[key];
      bytes += PLACE_BYTES;
      if (isObject(each)) bytes += structureOf(each);
    }
  }
  return bytes;
}

/** Asked before each call of `structureOf`: calls for numbers and texts took half of the time. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
