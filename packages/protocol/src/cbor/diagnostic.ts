// Prints CBOR in the diagnostic notation of RFC 8949 §8, for people: traces, tests, `--output diag`.
// Reads anything well-formed, tags and indefinite lengths included; what is not, it prints as far as it
// goes and then says where it stopped. Never throws.

/** Levels past which nesting is elided, so that hostile bytes cannot exhaust the stack. */
const MAX_LEVELS = 64;

/** One CBOR item, or what can be read of it, on one line. */
export function toDiagnostic(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const printer = new Printer(bytes, start, end);
  return printer.print();
}

class Unreadable extends Error {}

class Printer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  #position: number;
  #out = "";

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = start;
    this.#end = Math.min(end, bytes.length);
    this.#position = start;
  }

  print(): string {
    try {
      this.#item(0);
      if (this.#position < this.#end) this.#out += ` / ${this.#end - this.#position} more bytes /`;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#out += ` / ${error.message} at byte ${this.#position - this.#start} /`;
    }
    return this.#out;
  }

  #item(level: number): void {
    if (level > MAX_LEVELS) throw new Unreadable("nested too deeply to print");
    const initial = this.#byte();
    const major = initial >> 5;
    const info = initial & 0x1f;
    if (major === 7) {
      this.#simple(info);
      return;
    }
    const argument = info === 31 ? undefined : this.#argument(info);
    switch (major) {
      case 0:
        this.#out += this.#need(argument).toString();
        return;
      case 1:
        this.#out += (-1n - this.#need(argument)).toString();
        return;
      case 2:
      case 3:
        this.#string(major, argument);
        return;
      case 4:
        this.#sequence("[", "]", argument, () => this.#item(level + 1));
        return;
      case 5:
        this.#sequence("{", "}", argument, () => {
          this.#item(level + 1);
          this.#out += ": ";
          this.#item(level + 1);
        });
        return;
      default:
        this.#out += `${this.#need(argument)}(`;
        this.#item(level + 1);
        this.#out += ")";
    }
  }

  #string(major: number, length: bigint | undefined): void {
    if (length !== undefined) {
      this.#out += this.#chunk(major, length);
      return;
    }
    this.#sequence("(_ ", ")", undefined, () => {
      const initial = this.#byte();
      if (initial >> 5 !== major || (initial & 0x1f) === 31) throw new Unreadable("a wrong chunk");
      this.#out += this.#chunk(major, this.#argument(initial & 0x1f));
    });
  }

  #chunk(major: number, length: bigint): string {
    if (length > BigInt(this.#end - this.#position)) throw new Unreadable("the bytes end too soon");
    const start = this.#position;
    this.#position += Number(length);
    const content = this.#bytes.subarray(start, this.#position);
    return major === 2 ? `h'${toHex(content)}'` : quote(content);
  }

  #sequence(open: string, close: string, count: bigint | undefined, each: () => void): void {
    this.#out += open;
    if (count === undefined) {
      if (open !== "(_ ") this.#out += "_ ";
      for (let index = 0; !this.#atBreak(); index += 1) this.#separated(index > 0, each);
    } else {
      for (let index = 0n; index < count; index += 1n) this.#separated(index > 0n, each);
    }
    this.#out += close;
  }

  #separated(comma: boolean, each: () => void): void {
    if (comma) this.#out += ", ";
    each();
  }

  #atBreak(): boolean {
    if (this.#bytes[this.#position] !== 0xff || this.#position >= this.#end) return false;
    this.#position += 1;
    return true;
  }

  #simple(info: number): void {
    switch (info) {
      case 20:
        this.#out += "false";
        return;
      case 21:
        this.#out += "true";
        return;
      case 22:
        this.#out += "null";
        return;
      case 23:
        this.#out += "undefined";
        return;
      case 24:
        this.#out += `simple(${this.#byte()})`;
        return;
      case 25:
        this.#out += printFloat(halfToNumber(this.#view.getUint16(this.#take(2))));
        return;
      case 26:
        this.#out += printFloat(this.#view.getFloat32(this.#take(4)));
        return;
      case 27:
        this.#out += printFloat(this.#view.getFloat64(this.#take(8)));
        return;
      default:
        if (info > 27) throw new Unreadable("an unexpected break or reserved byte");
        this.#out += `simple(${info})`;
    }
  }

  #argument(info: number): bigint {
    if (info < 24) return BigInt(info);
    if (info > 27) throw new Unreadable("a reserved length");
    const size = 1 << (info - 24);
    const at = this.#take(size);
    let value = 0n;
    for (let index = at; index < at + size; index += 1) {
      value = (value << 8n) | BigInt(this.#bytes[index] ?? 0);
    }
    return value;
  }

  #need(argument: bigint | undefined): bigint {
    if (argument === undefined) throw new Unreadable("an indefinite length where there is none");
    return argument;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  #take(count: number): number {
    const start = this.#position;
    if (start + count > this.#end) throw new Unreadable("the bytes end too soon");
    this.#position += count;
    return start;
  }
}

function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

/** Text as a JSON string; bytes that are not UTF-8 show as U+FFFD. */
function quote(content: Uint8Array): string {
  return JSON.stringify(new TextDecoder("utf-8", { ignoreBOM: true }).decode(content));
}

/** Floats carry a decimal point, so that they are told from integers. */
function printFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The number that the bits of a half-precision float stand for (RFC 8949 appendix D). */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (fraction + 1024) * 2 ** (exponent - 25);
}
