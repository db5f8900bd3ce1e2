// One run of the client command: connect, print what comes, send what is typed, until the first thing that
// ends it; then close in order. What the log says of the ending, and its exit code, are `ending.ts`'s.

import { connect, type ConnectOptions, environmentWarnings } from "@typewire/bun";
import type { ClientObserver, ClientOf, ClientStatus } from "@typewire/client";
import {
  connectionLog,
  type Log,
  type RunEnd,
  type StopSignal,
  type Terminal,
} from "@typewire/command";
import { formatAddress, type SocketAddress } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import type { ClientFlags } from "./command-line.ts";
import { type Ending, reportEnding } from "./ending.ts";
import type { clientEvents } from "./events.ts";
import { withInvalidInput, withUnsent } from "./exit-code.ts";
import { jsonLine, sayLine } from "./input.ts";
import { InputSender, type Stdin } from "./input-sender.ts";
import { type Formatter, formatterOf } from "./output.ts";
import { securityOptions } from "./security-flags.ts";

/** What a run is made of. */
export interface ClientRunOptions {
  readonly flags: ClientFlags;
  readonly log: Log<typeof clientEvents>;
  readonly terminal: Terminal;
  /** Resolves with the first signal to stop. */
  readonly stopped: Promise<StopSignal>;
  readonly stdin: Stdin;
}

/** One run of the command. `run` is called once. */
export class ClientRun {
  readonly #options: ClientRunOptions;
  readonly #format: Formatter;
  readonly #ended = Promise.withResolvers<Ending>();
  #isOver = false;
  #hasConnected = false;
  #isConnected = false;
  #hasRefused = false;
  /** Whether a line of stdin was no message, and stdin is no terminal at which another could be typed. */
  #hasInvalidInput = false;
  /** Whether a message of stdin was sent, and had not left when the client ended. */
  #hasUndelivered = false;
  #received = 0;
  #client: ClientOf<typeof saludo> | undefined;

  constructor(options: ClientRunOptions) {
    this.#options = options;
    this.#format = formatterOf(options.flags.output, options.terminal.outHasColours);
  }

  /** Runs to the end. Resolves once the connection is closed; stdout may still have to be flushed. */
  async run(): Promise<RunEnd> {
    const { flags, terminal, stopped } = this.#options;
    const { timeout: timeoutMs } = flags;
    void stopped.then((signal) => this.#end({ by: "signal", signal }));
    void terminal.out.broken.then((error) => this.#end({ by: "output", error }));
    if (timeoutMs !== undefined) {
      setTimeout(() => this.#end({ by: "timeout", timeoutMs }), timeoutMs);
    }
    const connecting = this.#connect();
    const input = this.#sendInput(connecting);
    const ending = await this.#ended.promise;
    const run = { ...this.#options, received: this.#received, hasRefused: this.#hasRefused };
    const ended = reportEnding(ending, run);
    const client = this.#hasConnected ? await connecting : undefined;
    if (client !== undefined) {
      // A signal, or an error, does not wait for the input that it cuts short.
      if (ending.by === "count" || ending.by === "output") await input.takeWaiting();
      await input.finish(client);
    }
    input.stop();
    if (input.hasUnsent) this.#options.log("input-unsent", {});
    // What was printed last, and what was read after it, may have failed since.
    const failure = terminal.out.failure;
    const code =
      ending.by === "count" && failure !== undefined
        ? reportEnding({ by: "output", error: failure }, run)
        : withInvalidInput(ended, this.#hasInvalidInput);
    return { code: withUnsent(code, input.hasUnsent || this.#hasUndelivered), stopped };
  }

  #sendInput(connecting: Promise<ClientOf<typeof saludo> | undefined>): InputSender {
    const { stdin, log, flags } = this.#options;
    return new InputSender({
      stdin,
      connecting,
      parse: flags.output === "json" ? jsonLine : sayLine,
      refused: (line, reason) => {
        log("input-invalid", { line, reason });
        if (stdin.isTerminal) return true;
        this.#hasInvalidInput = true;
        this.#end({ by: "input" });
        return false;
      },
    });
  }

  /** Only the first ending counts; nothing is printed after it. */
  #end(ending: Ending): void {
    this.#isOver = true;
    this.#ended.resolve(ending);
  }

  /** The client, once connected; undefined where that failed, which ends the run. */
  async #connect(): Promise<ClientOf<typeof saludo> | undefined> {
    const { flags, log } = this.#options;
    const { addresses, unix } = flags;
    const servers: readonly SocketAddress[] = unix === undefined ? addresses : [{ unix }];
    try {
      const { warnings, ...security } = securityOptions(flags);
      for (const reason of [...warnings, ...environmentWarnings(process.env)]) {
        log("security-warning", { reason });
      }
      const options: ConnectOptions<typeof saludo> = {
        servers,
        ...security,
        connectTimeoutMs: flags.connectTimeout,
        firstAttempt: flags.wait === true ? "repeat" : "once",
        reconnect: flags.reconnect && {},
        limits: flags.limits,
        observers: [this.#observer],
        onStatus: (status) => this.#follow(status),
        // Lines that have not left when a connection is lost are the first on the next.
        resend: flags.reconnect,
        onUndelivered: (_, { length }) => {
          this.#hasUndelivered = true;
          log("undelivered", { messages: length });
        },
      };
      log("connecting", { address: servers.map(formatAddress).join(", ") });
      this.#client = await connect(saludo, options);
    } catch (error) {
      if (!(error instanceof TypewireError)) throw error;
      this.#end({ by: "unreachable", error });
    }
    return this.#client;
  }

  /** Logs what the connections do, and prints their messages until the end. */
  get #observer(): ClientObserver<typeof saludo> {
    const { log, flags } = this.#options;
    const { fingerprint } = saludo;
    const watcher = connectionLog({ log, fingerprint, trace: flags.trace, quotesPeer: true });
    return {
      ...watcher,
      onRefused: (...refused) => {
        this.#hasRefused = true;
        watcher.onRefused?.(...refused);
      },
      onReceived: (connection, ...received) => {
        if (this.#isOver) return;
        watcher.onReceived?.(connection, ...received);
        this.#print(this.#format(...received));
      },
    };
  }

  #print(line: string): void {
    const { flags, terminal } = this.#options;
    if (!terminal.out.write(`${line}\n`)) this.#holdBack();
    this.#received += 1;
    if (this.#received === flags.count) this.#end({ by: "count" });
  }

  /** Lets the server wait while the reader of stdout does not read. */
  #holdBack(): void {
    this.#client?.pause();
    void this.#options.terminal.out.ready().then(() => this.#client?.resume());
  }

  #follow(status: ClientStatus): void {
    const { log } = this.#options;
    switch (status.state) {
      case "connected":
        this.#hasConnected = true;
        this.#isConnected = true;
        log("connected", { address: status.address });
        break;
      case "reconnecting": {
        const { address } = status;
        const { code, message: reason } = status.reason;
        const delayMs = Math.round(status.delayMs);
        log(this.#isConnected ? "lost" : "still-lost", { address, code, reason, delayMs });
        this.#isConnected = false;
        break;
      }
      case "closed":
        this.#end({ by: "closed", reason: status.reason });
        break;
    }
  }
}
