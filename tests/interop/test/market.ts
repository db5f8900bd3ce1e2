// The protocol of the examples of calls in docs/wire.md, and a server of it that is scripted on the codec: it has
// frames and messages, and no connection of ours, so that what it says is what a test expects.

import { type ControlMessage, defineProtocol, FrameReader, Type } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";

export const market = defineProtocol({
  name: "market",
  version: 1,
  server: {},
  client: {},
  auth: Type.Object({ token: Type.String() }),
  calls: {
    quote: {
      input: Type.Object({ symbol: Type.String() }),
      output: Type.Object({ price: Type.Number() }),
      errors: { unknownSymbol: Type.Object({ symbol: Type.String() }) },
    },
    tail: {
      input: Type.Object({ after: Type.Integer() }),
      yields: Type.Object({ seq: Type.Integer(), text: Type.String() }),
    },
    upload: { sends: Type.Uint8Array(), output: Type.Object({ bytes: Type.Integer() }) },
    chat: { sends: Type.String(), yields: Type.String() },
  },
});

export const WINDOW_BYTES = 65_536;
/** The last item of `tail`, whose texts have this length. */
export const LAST_SEQ = 1_041;
export const TEXT_LENGTH = 10_000;

/** What `market_peer.py client` prints, of any server that answers it. */
export const CLIENT_PRINTS: readonly string[] = [
  "quote {'price': 12.5}",
  "error unknownSymbol {'symbol': 'XYZ'} yes",
  `tail ${LAST_SEQ - 41} items, ${(LAST_SEQ - 41) * TEXT_LENGTH} characters`,
  "left after 43",
  "upload {'bytes': 10000000}",
  "chat ['UNO', 'DOS', 'TRES']",
];

interface OpenCall {
  readonly name: string;
  /** What this end may still send. */
  credit: number;
  /** What the peer may still send. */
  granted: number;
  seq: number;
  bytes: number;
}

/** One client of the scripted server, in order: it answers at once, and holds nothing back. */
class Session {
  readonly #reader = new FrameReader();
  readonly #calls = new Map<number, OpenCall>();
  readonly #heard: string[];
  readonly #write: (bytes: Uint8Array) => void;

  constructor(heard: string[], write: (bytes: Uint8Array) => void) {
    this.#heard = heard;
    this.#write = write;
    const { name: protocol, version } = market;
    this.#say({ type: "$hello", protocol, version, maxCalls: 4, maxStreams: 4 });
  }

  receive(chunk: Uint8Array): void {
    this.#reader.push(chunk, (bytes, start, end) => {
      const nameOf = (id: number) => this.#calls.get(id)?.name;
      this.#take(decode(bytes, start, end, nameOf), end - start);
    });
  }

  #take(message: ControlMessage, size: number): void {
    this.#heard.push(message.type);
    switch (message.type) {
      case "$call":
        return this.#open(message);
      case "$item":
        return this.#takeItem(message.id, message.item, size);
      case "$credit": {
        const call = this.#calls.get(message.id);
        if (call === undefined) return;
        call.credit += message.bytes;
        return this.#pump(message.id, call);
      }
      case "$cancel":
        return this.#end(message.id, { error: { code: "cancelled", message: "as asked" } });
      case "$end": {
        const call = this.#calls.get(message.id);
        const output = call?.name === "upload" ? { output: { bytes: call.bytes } } : {};
        return this.#end(message.id, output);
      }
      default:
    }
  }

  #open({ call: name, id, input }: Extract<ControlMessage, { type: "$call" }>): void {
    const call = { name, credit: WINDOW_BYTES, granted: WINDOW_BYTES, seq: 0, bytes: 0 };
    this.#calls.set(id, call);
    if (name === "$authenticate") {
      const { token } = input as { readonly token: string };
      if (token === "s3cret") return this.#end(id, { output: {} });
      const error = { code: "auth-failed", message: "not this one" };
      this.#end(id, { error });
      this.#say({ type: "$error", ...error });
      return;
    }
    if (name === "quote") {
      const { symbol } = input as { readonly symbol: string };
      if (symbol === "ACME") return this.#end(id, { output: { price: 12.5 } });
      const error = { code: "unknownSymbol", message: "no such symbol", data: { symbol } };
      return this.#end(id, { error });
    }
    if (name !== "tail") return;
    call.seq = (input as { readonly after: number }).after;
    this.#pump(id, call);
  }

  #pump(id: number, call: OpenCall): void {
    while (call.name === "tail" && call.credit > 0 && this.#calls.has(id)) {
      if (call.seq === LAST_SEQ) return this.#end(id, {});
      call.seq += 1;
      const item = { seq: call.seq, text: "x".repeat(TEXT_LENGTH) };
      call.credit -= this.#say({ type: "$item", id, item }, call.name);
    }
  }

  #takeItem(id: number, item: unknown, size: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (call.granted <= 0) {
      const message = "beyond the credit";
      return this.#end(id, { error: { code: "item-beyond-credit", message } });
    }
    call.granted -= size;
    if (call.granted <= WINDOW_BYTES / 2) {
      this.#say({ type: "$credit", id, bytes: WINDOW_BYTES - call.granted });
      call.granted = WINDOW_BYTES;
    }
    if (item instanceof Uint8Array) call.bytes += item.length;
    else this.#say({ type: "$item", id, item: String(item).toUpperCase() }, call.name);
  }

  #end(id: number, end: { output?: unknown; error?: { code: string; message: string } }): void {
    const name = this.#calls.get(id)?.name;
    if (name === undefined) return;
    this.#say({ type: "$result", id, ...end }, name);
    this.#calls.delete(id);
  }

  /** Sends a message, of the call `name` where it is of one; returns the bytes of its payload. */
  #say(message: ControlMessage, name = ""): number {
    const frame = frameOf("server", message, name);
    this.#write(frame);
    return frame.length - 10;
  }
}

/** A message of a call, or another control message, as a frame; `name` is that of the call. */
export function frameOf(
  sender: "server" | "client",
  message: ControlMessage,
  name: string,
): Uint8Array {
  const writer = new ByteWriter();
  const codec = market[sender];
  if (message.type === "$call" || message.type === "$item" || message.type === "$result") {
    codec.encodeCallInto(message, name, writer);
  } else {
    codec.encodeInto(message, writer);
  }
  return writer.copy();
}

function decode(
  bytes: Uint8Array,
  start: number,
  end: number,
  nameOf: (id: number) => string | undefined,
): ControlMessage {
  return market.client.decodeIncoming(bytes, start, end, undefined, nameOf) as ControlMessage;
}

/** A server of `market`, scripted on the codec. */
export class ScriptedMarket implements Disposable {
  /** The types of all messages that have come, in order. */
  readonly heard: string[] = [];
  readonly #listener: Bun.TCPSocketListener<{ session: Session; waiting: Uint8Array[] }>;

  constructor() {
    const { heard } = this;
    this.#listener = Bun.listen<{ session: Session; waiting: Uint8Array[] }>({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: {
        open(socket) {
          const waiting: Uint8Array[] = [];
          const write = (bytes: Uint8Array): void => {
            waiting.push(bytes);
            flush(socket, waiting);
          };
          socket.data = { waiting, session: new Session(heard, write) };
        },
        data(socket, chunk) {
          socket.data.session.receive(chunk);
        },
        drain(socket) {
          flush(socket, socket.data.waiting);
        },
        end(socket) {
          heard.push("FIN");
          if (flush(socket, socket.data.waiting)) socket.end();
        },
        error() {},
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

/** Writes what waits as far as the socket takes it; whether nothing is left. */
function flush(socket: Bun.Socket<unknown>, waiting: Uint8Array[]): boolean {
  for (;;) {
    const [first] = waiting;
    if (first === undefined) return true;
    const written = socket.write(first);
    if (written < first.length) {
      waiting[0] = first.subarray(Math.max(0, written));
      return false;
    }
    waiting.shift();
  }
}
