// Where a scene is played: a server, clients, and between them the proxy that writes down what they say.
// The same scene is recorded with two executables of one release, and played again with one end of an older
// release, from its recording or as its executable.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ScriptedListener, ScriptedPeer, within } from "@typewire/testkit";

import {
  type Actor,
  type Executables,
  type LibraryUse,
  replayClient,
  replayServer,
  secrets,
  type ServerActor,
  startClient,
  startLibraryClient,
  startLibraryServer,
  startServer,
} from "./cast.ts";
import { RecordingProxy } from "./recording-proxy.ts";
import {
  type End,
  type Entry,
  type Player,
  type Recording,
  type Transcript,
  typeOf,
} from "./transcript.ts";

/** A conversation to be recorded, and what brings it about. */
export interface Scene {
  readonly name: string;
  readonly server: { readonly player: Player; readonly flags?: readonly string[] };
  readonly client: { readonly player: Player; readonly flags?: readonly string[] };
  play(stage: Stage): Promise<void>;
}

/** The end that an older release plays, from a recording; none: both are played by `executables`. */
export interface Replayed {
  readonly end: End;
  readonly recording: Recording;
}

export class Stage implements AsyncDisposable {
  readonly #scene: Scene;
  readonly #executables: Executables;
  readonly #replayed: Replayed | undefined;
  readonly #own = new AsyncDisposableStack();
  readonly #folder = mkdtempSync(join(tmpdir(), "typewire-stage-"));
  #proxy: RecordingProxy | undefined;
  #clients = 0;

  constructor(scene: Scene, executables: Executables, replayed?: Replayed) {
    this.#scene = scene;
    this.#executables = executables;
    this.#replayed = replayed;
    this.#own.defer(() => rmSync(this.#folder, { recursive: true }));
    for (const [file, secret] of Object.entries(secrets)) {
      writeFileSync(join(this.#folder, file), secret, { mode: 0o600 });
    }
  }

  /** Plays the scene and returns what was said. */
  static async record(
    scene: Scene,
    executables: Executables,
    replayed?: Replayed,
  ): Promise<Recording> {
    await using stage = new Stage(scene, executables, replayed);
    await scene.play(stage);
    return stage.#recording();
  }

  /** Starts the scene's server, an executable or an older release. */
  server(): Promise<ServerActor> {
    return this.#serve((flags) => startServer(this.#executables.server.path, flags));
  }

  /** Starts a server over the library. */
  libraryServer(use: LibraryUse): Promise<ServerActor> {
    return this.#serve(async () => startLibraryServer(use));
  }

  /** Starts a listener of the scene's script. */
  scriptedServer(): ScriptedListener {
    const listener = this.#own.use(new ScriptedListener());
    this.#listen(listener.port);
    return listener;
  }

  /** Starts another client, an executable or an older release. */
  client(): Promise<Actor> {
    return this.#dial(async (port, flags) =>
      startClient(this.#executables.client.path, port, flags),
    );
  }

  /** Starts a client over the library. */
  libraryClient(use: LibraryUse): Promise<Actor> {
    return this.#dial((port) => startLibraryClient(port, use));
  }

  /** Connects the scene's script. */
  async scriptedClient(): Promise<ScriptedPeer> {
    return this.#own.use(await ScriptedPeer.connect({ port: this.#port }));
  }

  /** Resolves once `from` has sent a message of this type on this connection. */
  said(from: End, type: string, index = 0): Promise<void> {
    return this.#until(index, `${from} says ${type}`, (entry) => {
      return entry.from === from && typeOf(entry) === type;
    });
  }

  /** Resolves once both ends of this connection have ended. */
  async over(index = 0): Promise<void> {
    for (const end of ["server", "client"] as const) {
      await this.#until(index, `${end} ends`, (entry) => entry.from === end && "ends" in entry);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#own[Symbol.asyncDispose]();
  }

  async #serve(start: (flags: readonly string[]) => Promise<ServerActor>): Promise<ServerActor> {
    const replayed = this.#replayed;
    const server =
      replayed?.end === "server"
        ? replayServer(replayed.recording)
        : await start(this.#flags("server"));
    this.#own.use(server);
    this.#listen(server.port);
    return server;
  }

  async #dial(start: (port: number, flags: readonly string[]) => Promise<Actor>): Promise<Actor> {
    const index = this.#clients;
    this.#clients += 1;
    const replayed = this.#replayed;
    const client =
      replayed?.end === "client"
        ? await replayClient(this.#port, replayed.recording, index)
        : await start(this.#port, this.#flags("client"));
    return this.#own.use(client);
  }

  #listen(port: number): void {
    const { server, client } = this.#scene;
    const players = { server: server.player, client: client.player };
    this.#proxy = this.#own.use(new RecordingProxy(port, players));
  }

  get #port(): number {
    if (this.#proxy === undefined) throw new Error("The scene has no server yet");
    return this.#proxy.port;
  }

  #flags(end: End): readonly string[] {
    const flags = this.#executables[end].flags ?? this.#scene[end].flags ?? [];
    return flags.map((flag) => (flag in secrets ? join(this.#folder, flag) : flag));
  }

  async #until(index: number, what: string, holds: (entry: Entry) => boolean): Promise<void> {
    const all = (): readonly Transcript[] => this.#proxy?.transcripts ?? [];
    const seen = (async () => {
      while (all()[index] === undefined) await new Promise((resolve) => setImmediate(resolve));
      await all()[index]?.until(holds);
    })();
    await within(seen, () => {
      const said = all()[index]?.entries.map((entry) => JSON.stringify(entry)) ?? [];
      return `${this.#scene.name}: ${what} on connection ${index}, which is:\n${said.join("\n")}`;
    });
  }

  #recording(): Recording {
    const { name, server, client } = this.#scene;
    return {
      scene: name,
      server: { player: server.player, flags: server.flags ?? [] },
      client: { player: client.player, flags: client.flags ?? [] },
      connections: (this.#proxy?.transcripts ?? []).map(({ entries }) => entries),
    };
  }
}
