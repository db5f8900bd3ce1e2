// Stands between a client and a server on loopback, passes on every byte, half-close and reset, and writes
// down what came. A conversation that is recorded is small: a socket that does not take all of a chunk at
// once is an error of the recorder's.

import { type End, type Player, Transcript } from "./transcript.ts";

interface Link {
  readonly transcript: Transcript;
  readonly end: End;
  other: Bun.Socket<Link> | undefined;
}

/** Listens on a free loopback port; `port` is where clients connect. */
export class RecordingProxy implements Disposable {
  /** One for each connection, in the order in which they were opened. */
  readonly transcripts: Transcript[] = [];
  readonly #listener: Bun.TCPSocketListener<Link>;
  readonly #players: Readonly<Record<End, Player>>;
  readonly #targetPort: number;

  constructor(targetPort: number, players: Readonly<Record<End, Player>>) {
    this.#targetPort = targetPort;
    this.#players = players;
    this.#listener = Bun.listen<Link>({
      hostname: "127.0.0.1",
      port: 0,
      allowHalfOpen: true,
      socket: { ...handlers, open: (client) => void this.#connect(client) },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }

  async #connect(client: Bun.Socket<Link>): Promise<void> {
    const transcript = new Transcript(this.#players);
    this.transcripts.push(transcript);
    client.pause();
    client.data = { transcript, end: "client", other: undefined };
    await Bun.connect<Link>({
      hostname: "127.0.0.1",
      port: this.#targetPort,
      allowHalfOpen: true,
      data: { transcript, end: "server", other: client },
      socket: {
        ...handlers,
        open: (server) => {
          client.data.other = server;
        },
      },
    });
    client.resume();
  }
}

const handlers: Bun.SocketHandler<Link> = {
  data({ data: { transcript, end, other } }, chunk) {
    transcript.came(end, chunk);
    // The other end may have closed already.
    const takenBytes = other?.write(chunk) ?? -1;
    if (takenBytes >= 0 && takenBytes < chunk.length) throw new Error("A chunk was cut");
  },
  end({ data: { transcript, end, other } }) {
    transcript.ended(end, "in order");
    other?.shutdown();
  },
  close({ data: { transcript, end, other } }, error) {
    transcript.ended(end, error === undefined ? "in order" : "by a reset");
    if (error === undefined) other?.shutdown();
    else other?.terminate();
  },
  connectError() {},
};
