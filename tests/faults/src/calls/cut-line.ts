// Calls over real sockets whose line is cut behind a chosen byte, and what both ends then know of them. Server, proxy
// and clients are in this process, so that a test sees both ends' counts at the same moment.

import { Type } from "@sinclair/typebox";
import { connect, serve } from "@typewire/bun";
import type { ClientOf } from "@typewire/client";
import { defineProtocol } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import type { ServerOf } from "@typewire/server";
import { type CertificateFiles, Certificates, FaultProxy, type ProxyLink } from "@typewire/testkit";

/** Every input begins with the key by which a test asks how often the handler has run. */
export const cutProtocol = defineProtocol({
  name: "cut",
  version: 1,
  server: {},
  client: {},
  calls: {
    once: { input: Type.String(), output: Type.String() },
    again: { input: Type.String(), output: Type.String(), idempotent: true },
    /** Doubles what is sent. */
    both: {
      input: Type.String(),
      sends: Type.Integer(),
      yields: Type.Integer(),
      output: Type.Integer(),
    },
  },
});

/** What the client of a stream both ways sends. */
export const SENT: readonly number[] = [1, 200, 70_000];

export type Way = "toServer" | "toClient";

/** What the line is made of. Of TLS the positions are those of its records. */
export type Material = "tcp" | "tls" | "unix";

/** How a line ends: with RST to both ends, or with FIN to the one that the bytes go to. */
export type Fault = "reset" | "end";

/** What became of one call. `ran` and `code` are undefined where it was answered. */
export interface CutOutcome {
  readonly code: string | undefined;
  readonly ran: string | undefined;
  /** How often its handler was called. */
  readonly runs: number;
  /** The items that the handler took, and those that the caller got. */
  readonly took: readonly number[];
  readonly got: readonly number[];
}

const KEY_LENGTH = 4;

/** The most turns of the event loop that a count is waited for. */
const MOST_TURNS = 20_000;

/** One client, and its first link through a proxy of its own. */
export interface Linked extends AsyncDisposable {
  readonly client: ClientOf<typeof cutProtocol>;
  readonly link: ProxyLink;
  /** Bytes that had left the client when this link ended. */
  readonly sentBytes: Promise<number>;
}

/** The server, and clients that reach it through proxies. */
export class CutLine implements AsyncDisposable {
  readonly material: Material;
  readonly server: ServerOf<typeof cutProtocol>;
  /** Where the socket is, and what TLS needs. */
  readonly #folder = new Certificates();
  readonly #path = this.#folder.path("cut.sock");
  readonly #authority: string;
  readonly #runs = new Map<string, number>();
  readonly #took = new Map<string, number[]>();
  readonly #failures: string[] = [];
  #lastKey = 1000;

  constructor(material: Material = "tcp") {
    this.material = material;
    const run = (input: string): string => {
      const key = input.slice(0, KEY_LENGTH);
      this.#runs.set(key, this.runsOf(key) + 1);
      return input;
    };
    const authority = this.#folder.authority("authority");
    this.#authority = authority.caFile;
    const tls: CertificateFiles = authority.issue("server");
    this.server = serve(
      cutProtocol,
      {
        ...(material === "unix" ? { unix: this.#path } : { port: 0 }),
        ...(material === "tls" && { tls }),
        onHandlerError: (_, call, error) => void this.#failures.push(`${call}: ${String(error)}`),
      },
      {
        once: run,
        again: run,
        both: (input, call) => this.#double(run(input).slice(0, KEY_LENGTH), call.items),
      },
    );
  }

  /** What handlers failed with that was not the end of their call. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  runsOf(key: string): number {
    return this.#runs.get(key) ?? 0;
  }

  /** A key of four digits that was not used before. */
  nextKey(): string {
    this.#lastKey += 1;
    return String(this.#lastKey);
  }

  /** A client that has said its hello and heard the server's: no byte is on its way. */
  async connect(comesBack: boolean): Promise<Linked> {
    // On Unix sockets connections are not told apart: there is one at a time.
    if (this.material === "unix") await this.#until(() => this.server.connections.size === 0);
    const { port } = this.server;
    const proxy = new FaultProxy(port === undefined ? { unix: this.#path } : { port });
    const sent = Promise.withResolvers<number>();
    const client = await connect(cutProtocol, {
      ...proxy.address,
      onClose: ({ stats }) => sent.resolve(stats.bytesSent),
      reconnect: comesBack && { initialDelayMs: 1, maxDelayMs: 5 },
      ...(this.material === "tls" && { tls: { caFile: this.#authority } }),
    });
    const link = await proxy.link();
    await this.#until(() => this.#connectionOf(link)?.peerHello !== undefined);
    return {
      client,
      link,
      sentBytes: sent.promise,
      async [Symbol.asyncDispose]() {
        await client.close();
        proxy[Symbol.dispose]();
      },
    };
  }

  /**
   * Makes one call on a line that is cut when `atByte` bytes have gone `way`, those of the hello not counted, and
   * have reached that end's program.
   */
  async cut(
    name: "once" | "again" | "both",
    atByte: number,
    { way, fault = "reset", comesBack = false, padding = "", isWhole = false }: CutOptions,
  ): Promise<CutOutcome> {
    await using linked = await this.connect(comesBack);
    const { client, link } = linked;
    const helloBytes = link[way].forwardedBytes;
    const key = this.nextKey();
    const input = key + padding;
    link[way].at(helloBytes + atByte, () => link[way].set({ blackHole: true }));
    const got: number[] = [];
    const ended =
      name === "both" ? takeAll(client, input, got) : outcomeOf(client.call[name](input));
    await this.#until(() => link[way].forwardedBytes >= helloBytes + atByte);
    if (this.material !== "tls") await this.#until(() => this.#hasRead(link, way, client));
    if (way === "toClient") await this.#until(() => this.runsOf(key) > 0);
    if (isWhole) await (way === "toServer" ? this.#until(() => this.runsOf(key) > 0) : ended);
    if (fault === "reset") link.reset();
    else link.end(way);
    // The end of one half is not the other's: what comes that way still arrives.
    const outcome = await ended;
    link.reset();
    await this.#until(() => this.server.stats().callsInFlight === 0);
    return { ...outcome, runs: this.runsOf(key), took: this.#took.get(key) ?? [], got };
  }

  /** How many bytes one whole call sends one way. */
  async bytesOfCall(name: "once" | "both", way: Way): Promise<number> {
    await using linked = await this.connect(false);
    const { client, link } = linked;
    const before = link[way].forwardedBytes;
    await (name === "both"
      ? takeAll(client, this.nextKey(), [])
      : client.call.once(this.nextKey()));
    return link[way].forwardedBytes - before;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.stop();
    this.#folder[Symbol.dispose]();
  }

  async *#double(key: string, items: AsyncIterable<number>) {
    const took: number[] = [];
    this.#took.set(key, took);
    for await (const item of items) {
      took.push(item);
      yield item * 2;
    }
    return took.length;
  }

  /** Waits until the server has read all that the proxy has handed on. */
  async serverHasRead(link: ProxyLink): Promise<void> {
    await this.#until(() => this.#hasRead(link, "toServer"));
  }

  /** Whether what went `way` has reached the program. Not to be asked of TLS, which counts other bytes. */
  #hasRead(link: ProxyLink, way: Way, client?: ClientOf<typeof cutProtocol>): boolean {
    const end = way === "toServer" ? this.#connectionOf(link) : client?.connection;
    return end === undefined || end.stats.bytesReceived >= link[way].forwardedBytes;
  }

  /** On Unix sockets, which have no addresses, the last to come. */
  #connectionOf({ name }: ProxyLink) {
    const connections = [...this.server.connections];
    return this.material === "unix"
      ? connections.at(-1)
      : connections.find((connection) => connection.name === name);
  }

  async #until(isSo: () => boolean): Promise<void> {
    for (let turns = 0; !isSo(); turns += 1) {
      if (turns > MOST_TURNS) throw new Error("What the test waits for does not come");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

export interface CutOptions {
  readonly way: Way;
  readonly fault?: Fault;
  /** Whether the client comes back. Default: false. */
  readonly comesBack?: boolean;
  /** What the input has behind its key. Default: nothing. */
  readonly padding?: string;
  /** Whether all of it goes `way`: then what it comes to is waited for before the cut. Default: false. */
  readonly isWhole?: boolean;
}

/** Where the frames end that one call of this name sends one way, in bytes, in the order in which they leave. */
export function frameEnds(
  name: "once" | "again" | "both",
  way: Way,
  padding = "",
): readonly number[] {
  const id = 1;
  const input = "1001" + padding;
  const writer = new ByteWriter();
  const ends: number[] = [];
  const { client, server } = cutProtocol;
  const add = (write: () => void): void => {
    write();
    ends.push(writer.copy().length);
  };
  const items = name === "both" ? SENT : [];
  if (way === "toServer") {
    add(() => client.encodeCallInto({ type: "$call", call: name, id, input }, name, writer));
    for (const item of items)
      add(() => client.encodeCallInto({ type: "$item", id, item }, name, writer));
    if (name === "both") add(() => client.encodeInto({ type: "$end", id }, writer));
  } else {
    for (const item of items) {
      add(() => server.encodeCallInto({ type: "$item", id, item: 2 * item }, name, writer));
    }
    const output = name === "both" ? items.length : input;
    add(() => server.encodeCallInto({ type: "$result", id, output }, name, writer));
  }
  return ends;
}

async function takeAll(client: ClientOf<typeof cutProtocol>, input: string, got: number[]) {
  const stream = client.call.both(input, SENT);
  return outcomeOf(
    (async () => {
      for await (const item of stream) got.push(item);
    })(),
  );
}

export async function outcomeOf(call: Promise<unknown>): Promise<Pick<CutOutcome, "code" | "ran">> {
  try {
    await call;
    return { code: undefined, ran: undefined };
  } catch (error) {
    const { code, ran } = error as { code: string; ran: string };
    return { code, ran };
  }
}
