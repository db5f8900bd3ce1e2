// Two NATS that are one cluster, by a route that a test cuts and mends.

import { NatsServer } from "@typewire/testkit";

/** Ports that were free a moment ago. */
function freePorts(count: number): readonly number[] {
  const listeners = Array.from({ length: count }, () =>
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } }),
  );
  const ports = listeners.map(({ port }) => port);
  for (const listener of listeners) listener.stop();
  return ports;
}

type End = Bun.Socket<{ far: Promise<End> | undefined }>;

/** What connects the two. */
export class Route implements AsyncDisposable {
  readonly here: NatsServer;
  readonly there: NatsServer;
  readonly #listener: Bun.TCPSocketListener<{ far: Promise<End> | undefined }>;
  readonly #ends: Set<End>;
  readonly #state: { isCut: boolean };

  private constructor(
    here: NatsServer,
    there: NatsServer,
    parts: {
      readonly listener: Bun.TCPSocketListener<{ far: Promise<End> | undefined }>;
      readonly ends: Set<End>;
      readonly state: { isCut: boolean };
    },
  ) {
    this.here = here;
    this.there = there;
    this.#listener = parts.listener;
    this.#ends = parts.ends;
    this.#state = parts.state;
  }

  static async open(): Promise<Route> {
    const [target = 0, own = 0] = freePorts(2);
    const state = { isCut: false };
    const ends = new Set<End>();
    const pass = async (from: End, bytes: Uint8Array): Promise<void> => {
      const copy = bytes.slice();
      (await from.data.far)?.write(copy);
    };
    const ended = (end: End): void => {
      ends.delete(end);
      void end.data.far?.then((far) => far.terminate()).catch(() => {});
    };
    const listener = Bun.listen<{ far: Promise<End> | undefined }>({
      hostname: "127.0.0.1",
      port: 0,
      data: { far: undefined },
      socket: {
        open(near) {
          if (state.isCut) {
            near.terminate();
            return;
          }
          ends.add(near);
          near.data = {
            far: Bun.connect({
              hostname: "127.0.0.1",
              port: target,
              data: { far: Promise.resolve(near) },
              socket: { data: (far, bytes) => void pass(far, bytes), close: ended, error: ended },
            }),
          };
        },
        data: (near, bytes) => void pass(near, bytes),
        close: ended,
        error: ended,
      },
    });
    const cluster = (port: number, routes: string): string =>
      `cluster { name: "split", listen: "127.0.0.1:${port}", routes: [${routes}] }`;
    const here = await NatsServer.start(cluster(target, ""));
    const there = await NatsServer.start(cluster(own, `"nats://127.0.0.1:${listener.port}"`));
    return new Route(here, there, { listener, ends, state });
  }

  cut(): void {
    this.#state.isCut = true;
    for (const end of this.#ends) end.terminate();
  }

  /** The one that dials tries again within two seconds. */
  mend(): void {
    this.#state.isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.stop(true);
    await this.here[Symbol.asyncDispose]();
    await this.there[Symbol.asyncDispose]();
  }
}
