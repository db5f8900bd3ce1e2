// A server and a client of one system's calls, as two processes, connected and verified.

import { commandOf, type PeerSpec } from "../end-to-end/peers.ts";
import { JsonProcess } from "../json-process.ts";
import type { Command, Replies } from "./control.ts";
import { PROGRAMS } from "./peers.ts";

const DIALS_IN_FLIGHT = 64;

/** A child process that knows the commands of control.ts. */
export class CallProcess extends JsonProcess {
  /** Gives a command and resolves with its reply; rejects when the peer fails, ends or takes too long. */
  async ask<Do extends Command["do"]>(command: Extract<Command, { do: Do }>): Promise<Replies[Do]> {
    return (await this.command(command)) as Replies[Do];
  }
}

/** Two processes of one system. */
export class CallPair implements AsyncDisposable {
  readonly server: CallProcess;
  readonly client: CallProcess;
  readonly serverPid: number;
  readonly port: number;

  private constructor(
    server: CallProcess,
    client: CallProcess,
    { port, pid }: { readonly port: number; readonly pid: number },
  ) {
    this.server = server;
    this.client = client;
    this.serverPid = pid;
    this.port = port;
  }

  /** Starts both, connects once and has all values compared; `verify` after it has been used, too. */
  static async start(spec: PeerSpec): Promise<CallPair> {
    const command = await commandOf(spec, PROGRAMS);
    const server = new CallProcess(command);
    const client = new CallProcess(command);
    try {
      const pair = new CallPair(server, client, await server.ask({ do: "listen" }));
      await pair.connect(1);
      await pair.verify();
      return pair;
    } catch (error) {
      await Promise.all([server.stop(), client.stop()]);
      throw error;
    }
  }

  /** Opens so many connections more. */
  async connect(connections: number): Promise<void> {
    const inFlight = Math.min(DIALS_IN_FLIGHT, connections);
    await this.client.ask({ do: "connect", port: this.port, connections, inFlight });
  }

  /** Rejects where a call or a stream gives other values than went in. */
  async verify(): Promise<void> {
    await this.client.ask({ do: "verify" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.server.stop(), this.client.stop()]);
  }
}

/** One pair for all rounds of a side, or of several; started when it is first needed, verified at the end. */
export class LastingCallPair implements AsyncDisposable {
  readonly #start: () => Promise<CallPair>;
  #pair: Promise<CallPair> | undefined;

  constructor(start: () => Promise<CallPair>) {
    this.#start = start;
  }

  get(): Promise<CallPair> {
    this.#pair ??= this.#start();
    return this.#pair;
  }

  /** @throws where the values are not equal any more. */
  async verify(): Promise<void> {
    await (await this.#pair?.catch(() => undefined))?.verify();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pair = await this.#pair?.catch(() => undefined);
    this.#pair = undefined;
    await pair?.[Symbol.asyncDispose]();
  }
}
