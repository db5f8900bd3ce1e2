// The other servers, as this one has heard of them over its backplane since it is observed: their names, and how many
// of their messages have not come.

import type { BackplaneEvent, Gap } from "@typewire/backplane";

import type { EventLog } from "./event-log.ts";

/** Servers that are remembered; those that are gone make room first. */
const MOST_NODES = 256;

/** Another server. */
export interface Node {
  /** Another server's own name for itself. */
  readonly name: string;
  state: "up" | "left" | "lost";
  /** Gaps in what it published, and the messages in them. */
  gaps: number;
  missed: number;
}

/** The others of one server. At most `MOST_NODES`, whatever comes over the bus. */
export class Nodes {
  readonly #events: EventLog;
  readonly #nodes = new Map<string, Node>();

  constructor(events: EventLog) {
    this.#events = events;
  }

  get all(): readonly Node[] {
    return [...this.#nodes.values()];
  }

  gap({ node, missed }: Gap): void {
    const known = this.#node(node);
    known.gaps += 1;
    known.missed += missed;
    this.#events.add("gap", node, `${missed} missing`);
  }

  event(event: BackplaneEvent): void {
    switch (event.type) {
      case "up":
        this.#events.add("bus up");
        return;
      case "down":
      case "failed":
        this.#events.add("bus down", "", event.type);
        return;
      case "refused":
        this.#events.add("bus refuses");
        return;
      case "server-joined":
        this.#node(event.node).state = "up";
        this.#events.add("server joined", event.node);
        return;
      case "server-left":
        this.#node(event.node).state = "left";
        this.#events.add("server left", event.node);
        return;
      case "server-lost":
        this.#node(event.node).state = "lost";
        this.#events.add("server lost", event.node);
        return;
      case "other-schemas":
        this.#node(event.node);
    }
  }

  #node(name: string): Node {
    const found = this.#nodes.get(name);
    if (found !== undefined) return found;
    if (this.#nodes.size >= MOST_NODES) this.#forgetOne();
    const made: Node = { name, state: "up", gaps: 0, missed: 0 };
    this.#nodes.set(name, made);
    return made;
  }

  #forgetOne(): void {
    const all = [...this.#nodes.values()];
    const gone = all.find(({ state }) => state !== "up") ?? all[0];
    if (gone !== undefined) this.#nodes.delete(gone.name);
  }
}
