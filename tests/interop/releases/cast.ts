// What can stand at an end of a recorded connection: an executable, a user's program over the library, or an
// end of an older release that is played from its recording.

import { connect, serve } from "@typewire/bun";
import { saludo } from "@typewire/protocol/saludo";
import { Program, ScriptedListener, ScriptedPeer } from "@typewire/testkit";

import { replay } from "./replayed-end.ts";
import type { End, Recording } from "./transcript.ts";

/** An executable of some release. */
export interface Executable {
  readonly path: string;
  /** Default: the flags of the scene. An older release may have had others for the same. */
  readonly flags?: readonly string[];
}

/** What stands at each end, where the scene has an executable there. */
export type Executables = Readonly<Record<End, Executable>>;

/** An end that plays. */
export interface Actor extends AsyncDisposable {
  /** Resolves when a line that matches is on its stdout. At once where it is no executable. */
  printed(pattern: RegExp): Promise<unknown>;
  /** Types a line on its stdin. Nothing where it is played from a recording. */
  type(line: string): void;
  /** Asks it to leave. Nothing where it is played from a recording. */
  leave(): void;
  /** Resolves when it has ended, with its exit code where it is an executable. */
  readonly finished: Promise<number | undefined>;
}

/** A server, and where it listens. */
export interface ServerActor extends Actor {
  readonly port: number;
}

/** What a user's program does that an executable never does. */
export type LibraryUse = "leaves" | "fails in its handler";

/** By the name of the file in a scene's flags: the secret that it holds. */
export const secrets: Readonly<Record<string, string>> = {
  SECRET_FILE: "contraseña compartida",
  OTHER_SECRET_FILE: "otra contraseña distinta",
};

export async function startServer(path: string, flags: readonly string[]): Promise<ServerActor> {
  const program = new Program([path, "--port", "0", "--lang", "en", ...flags]);
  const [, port] = await program.stderr.line(/\[LISTENING\].*127\.0\.0\.1:(\d+)/);
  return { ...actorOf(program), port: Number(port) };
}

export function startClient(path: string, port: number, flags: readonly string[]): Actor {
  const common = ["--lang", "en", "--no-reconnect"];
  return actorOf(new Program([path, `127.0.0.1:${port}`, ...common, ...flags]));
}

export function startLibraryServer(use: LibraryUse): ServerActor {
  const server = serve(
    saludo,
    { port: 0, onHandlerError() {} },
    {
      say() {
        if (use === "fails in its handler") throw new Error("this server cannot take it");
      },
    },
  );
  const left = Promise.withResolvers<undefined>();
  return {
    port: server.port ?? 0,
    async printed() {},
    type() {},
    leave() {
      void server.drain({ retryAfterMs: 1500 }).then(() => left.resolve(undefined));
    },
    finished: left.promise,
    async [Symbol.asyncDispose]() {
      server.stop();
    },
  };
}

export async function startLibraryClient(port: number, use: LibraryUse): Promise<Actor> {
  const left = Promise.withResolvers<undefined>();
  const client = await connect(
    saludo,
    {
      port,
      reconnect: false,
      onHandlerError() {},
      onClose: () => left.resolve(undefined),
    },
    {
      greeting() {
        if (use === "fails in its handler") throw new Error("this client cannot take it");
      },
      welcome() {},
      said() {},
    },
  );
  return {
    async printed() {},
    type() {},
    leave() {
      void client.close({ reason: "this user has gone to bed" });
    },
    finished: left.promise,
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}

/** A server of an older release: plays the recorded connections in the order in which clients come. */
export function replayServer(recording: Recording): ServerActor {
  const listener = new ScriptedListener();
  const finished = (async () => {
    const played: Promise<void>[] = [];
    for (const entries of recording.connections) {
      const peer = await listener.accept();
      played.push(replay("server", entries, peer, secretOf(recording, "server")));
    }
    await Promise.all(played);
    return undefined;
  })();
  return { port: listener.port, ...replayed(finished, listener) };
}

/** A client of an older release: plays the recorded connection of this index. */
export async function replayClient(
  port: number,
  recording: Recording,
  index: number,
): Promise<Actor> {
  const peer = await ScriptedPeer.connect({ port });
  const entries = recording.connections[index] ?? [];
  const finished = replay("client", entries, peer, secretOf(recording, "client")).then(
    () => undefined,
  );
  return replayed(finished, peer);
}

function secretOf(recording: Recording, end: End): string {
  return recording[end].flags.map((flag) => secrets[flag] ?? "").join("");
}

function replayed(finished: Promise<undefined>, end: Disposable): Actor {
  // A rejection is seen where `finished` is awaited.
  finished.catch(() => {});
  return {
    async printed() {},
    type() {},
    leave() {},
    finished,
    async [Symbol.asyncDispose]() {
      end[Symbol.dispose]();
    },
  };
}

function actorOf(program: Program): Actor {
  return {
    printed: (pattern) => program.stdout.line(pattern),
    type: (line) => program.type(`${line}\n`),
    leave: () => program.signal("SIGTERM"),
    get finished() {
      return program.exit().then(({ code }) => code ?? undefined);
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
