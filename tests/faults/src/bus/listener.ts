// A client of the bus rows that counts what it hears of each server: by the connection on which it came, since what is
// published while a client is away is not kept for it.

import { connect, type ConnectOptions } from "@typewire/bun";
import type { ClientOf } from "@typewire/client";

import { rooms } from "./rooms.ts";

/** What has come of one server's messages. */
interface Account {
  first: number;
  last: number;
  count: number;
}

/** What came on one connection. */
export class Attendance {
  readonly of = new Map<string, Account>();
  /** Messages that `onGap` has reported. */
  told = 0;
  isOver = false;

  hear(by: string, number: number): boolean {
    const account = this.of.get(by);
    if (account === undefined) {
      this.of.set(by, { first: number, last: number, count: 1 });
      return true;
    }
    const isLater = number > account.last;
    account.last = number;
    account.count += 1;
    return isLater;
  }

  /** Between the first and the last of each server. */
  get missing(): number {
    let missing = 0;
    for (const { first, last, count } of this.of.values()) missing += last - first + 1 - count;
    return missing;
  }
}

export class Listener implements AsyncDisposable {
  /** One for each connection; the last is the present one. */
  readonly attendances: Attendance[] = [];
  /** What came twice or late. */
  disorders = 0;
  /** Why its connections and attempts have ended, and what it waited then. */
  readonly ends: string[] = [];
  #client: ClientOf<typeof rooms> | undefined;

  /** One that is connected. */
  static async connect(target: Pick<ConnectOptions<typeof rooms>, "port" | "servers">) {
    const listener = new Listener();
    listener.#client = await connect(
      rooms,
      {
        ...target,
        reconnect: { initialDelayMs: 50, maxDelayMs: 300 },
        onOpen: () => void listener.attendances.push(new Attendance()),
        onGap: ({ missed = 0 }) => void (listener.now.told += missed),
        onStatus(status) {
          if (status.state !== "reconnecting") return;
          listener.now.isOver = true;
          listener.ends.push(`${status.reason.message}, ${status.delayMs} ms`);
        },
      },
      {
        said({ by, number }) {
          if (!listener.now.hear(by, number)) listener.disorders += 1;
        },
      },
    );
    return listener;
  }

  get now(): Attendance {
    const attendance = this.attendances.at(-1);
    if (attendance === undefined) throw new Error("It has not been connected yet");
    return attendance;
  }

  get isConnected(): boolean {
    return this.#client?.state === "connected";
  }

  /** How many have come of `by` on the present connection. */
  heard(by: string): number {
    return this.now.of.get(by)?.count ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
  }
}
