// The door of a server: gives an accepted socket a place, or turns its peer away. Holds the two caps, the lobby
// of peers that have not shown yet that they belong, and the peers that are being refused. Connections are the
// server's to make, and to keep.

import type { Clock, CloseCode, SocketUser } from "@typewire/connection";
import type { AnyMessage, Codec } from "@typewire/protocol";

import { AddressCount } from "./address-count.ts";
import { Lobby } from "./lobby.ts";
import type { Places } from "./places.ts";
import { refusalFrame, Refuser } from "./refusal.ts";
import type { Accepted } from "./server-host.ts";
import type { ConnectionCap, TurnedAwayBy } from "./server-options.ts";

/** A connection as the door sees it. */
export interface Guest extends SocketUser {
  /** Ends it in order, with `message` as the reason: there is no place for it. */
  turnAway(message: string): void;
  /** Ends it at once. */
  destroy(code: CloseCode, message: string): void;
}

/** What a place is given or refused by. */
export interface DoorOptions<Connection> {
  readonly clock: Clock;
  /** How long a refused peer may take to end. */
  readonly lingerMs: number;
  /** What encodes the `$error` that a refused peer is told. */
  readonly codec: Codec<AnyMessage>;
  readonly places: Places;
  /** Connections from one IP address; undefined where they are not counted. */
  readonly mostPerAddress: number | undefined;
  /** Those that have a place, the lobby's included. */
  readonly connections: ReadonlySet<Connection>;
  /** Told of each peer that was turned away. */
  readonly onTurnedAway: (connectionName: string, by: TurnedAwayBy) => void;
}

/** One for each server. */
export class Door<Connection extends Guest> {
  readonly #options: DoorOptions<Connection>;
  readonly #refuser: Refuser;
  readonly #refusalFrames: Readonly<Record<ConnectionCap, Uint8Array>>;
  /** Only where there is a limit for each address; so are the addresses of connections. */
  readonly #perAddress: AddressCount | undefined;
  readonly #addresses = new WeakMap<object, string>();
  readonly #lobby: Lobby<Connection>;
  /** What ends the sockets of those in the lobby: a TLS handshake is not the connection's yet. */
  readonly #cuts = new WeakMap<object, () => void>();
  readonly #turnedAway: Record<TurnedAwayBy, number> = {
    maxConnections: 0,
    maxConnectionsPerAddress: 0,
    descriptors: 0,
  };

  constructor(options: DoorOptions<Connection>) {
    this.#options = options;
    const { clock, lingerMs, codec, places, mostPerAddress, connections } = options;
    this.#perAddress = mostPerAddress === undefined ? undefined : new AddressCount(mostPerAddress);
    this.#refuser = new Refuser({ clock, lingerMs, mostHeld: places.refusals });
    this.#lobby = new Lobby({
      clock,
      excess: () =>
        Math.max(this.#lobby.size - places.unproven, connections.size - places.connections),
      spare: () => places.spare + places.refusals - this.#refuser.held,
      cut: (connection) => this.#cutStranger(connection),
    });
    this.#refusalFrames = {
      maxConnections: refusalFrame(codec, fullOf(places.connections)),
      maxConnectionsPerAddress: refusalFrame(
        codec,
        fullOf(mostPerAddress ?? 0, " from one address"),
      ),
    };
  }

  /** Peers that were turned away, by what there was no more of. */
  get turnedAway(): Readonly<Record<TurnedAwayBy, number>> {
    return this.#turnedAway;
  }

  /** The user of an accepted socket: a connection, which `make` adds to `connections`, or what refuses it. */
  admit(accepted: Accepted, make: () => Connection): SocketUser | undefined {
    const { name, ipAddress, isBeyondLimit } = accepted;
    if (isBeyondLimit) {
      this.#countTurnedAway(name, "descriptors");
      return undefined;
    }
    if (this.#proven >= this.#options.places.connections) {
      return this.#turnAway(accepted, "maxConnections");
    }
    const counted = this.#perAddress === undefined ? undefined : ipAddress;
    if (counted !== undefined && this.#perAddress?.add(counted) === false) {
      return this.#turnAway(accepted, "maxConnectionsPerAddress");
    }
    const connection = make();
    if (counted !== undefined) this.#addresses.set(connection, counted);
    this.#cuts.set(connection, () => accepted.cut());
    this.#lobby.enter(connection);
    return connection;
  }

  /** The peer has said what it has to say, and is being judged. It may have been cut when this returns. */
  judging(connection: Connection): void {
    this.#lobby.judging(connection);
  }

  /** The peer belongs here. While it was in the lobby, others may have taken the last place. */
  proven(connection: Connection): void {
    const { places } = this.#options;
    const wasStranger = this.#lobby.leave(connection);
    if (!wasStranger || this.#proven <= places.connections) return;
    connection.turnAway(fullOf(places.connections));
  }

  /** The connection has ended, and is no longer among `connections`. */
  closed(connection: Connection): void {
    this.#lobby.leave(connection);
    const address = this.#addresses.get(connection);
    if (address !== undefined) this.#perAddress?.remove(address);
  }

  /** Connections whose peers have shown that they belong. */
  get #proven(): number {
    return this.#options.connections.size - this.#lobby.size;
  }

  #cutStranger(connection: Connection): void {
    const message =
      "Newer connections needed the place of this one, whose peer had not shown yet that it belongs";
    connection.destroy("too-many-connections", message);
    this.#cuts.get(connection)?.();
  }

  #turnAway(accepted: Accepted, cap: ConnectionCap): SocketUser {
    this.#countTurnedAway(accepted.name, cap);
    const user = this.#refuser.refuse(this.#refusalFrames[cap], () => accepted.cut());
    this.#lobby.settle();
    return user;
  }

  #countTurnedAway(name: string, by: TurnedAwayBy): void {
    this.#turnedAway[by] += 1;
    this.#options.onTurnedAway(name, by);
  }
}

function fullOf(count: number, from = ""): string {
  return `The server is full: its limit of connections${from} is ${count}`;
}
