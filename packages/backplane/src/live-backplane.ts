// The machine behind a backplane: one server on a bus. Puts together what leaves (`Outbox`), what is heard of
// the others (`Reception`, `Neighbours`), who has to hear what (`Subscriptions`), what the bus is asked
// (`Questions`), when it beats (`Beats`), and how it leaves (`Closing`). The transport owns the line; the server its members.

import type { Cancel } from "@typewire/connection";

import { Announcements } from "./announcements.ts";
import type {
  BackplaneLine,
  BackplaneServer,
  BackplaneState,
  BackplaneStats,
} from "./backplane.ts";
import { Beats } from "./beats.ts";
import { Closing } from "./closing.ts";
import { BEAT_MS, Neighbours } from "./neighbours.ts";
import { Outbox } from "./outbox.ts";
import { Questions } from "./questions.ts";
import { Reception } from "./reception.ts";
import { ALL, type Subjects, subjectsOf } from "./subjects.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { Stop, Transport, TransportStatus } from "./transport.ts";

/** After the line is back, those who beat before are waited for so long. */
const WAIT_MS = 2000;

/** A bus that takes less has no room for a beat with the longest topic. Answers a bus that is set up for something else. */
const LEAST_MESSAGE_BYTES = 1024;

/** One server's line over `transport`. `node` is its name among the others: no two have the same. */
export class LiveBackplane implements BackplaneLine {
  readonly #server: BackplaneServer;
  readonly #transport: Transport;
  readonly #subjects: Subjects;
  readonly #outbox: Outbox;
  readonly #neighbours = new Neighbours();
  readonly #subscriptions: Subscriptions;
  readonly #announcements: Announcements;
  readonly #reception: Reception;
  readonly #beats: Beats;
  readonly #questions: Questions;
  readonly #closing: Closing;
  readonly #stopTransport: Stop;
  readonly #stopBeats: Stop;
  /** What the transport said last, and that nothing more is to be heard of it. */
  #line: Exclude<TransportStatus["state"], "refused"> | "starting" | "closed" = "starting";
  /** Those that beat before the line was lost, and have not beaten since. */
  #awaited: Set<string> | undefined;
  #cancelWait: Cancel = () => {};
  #cancelBeat: Cancel = () => {};
  #beatAtMs: number;
  #isLeaving = false;

  constructor(server: BackplaneServer, transport: Transport, node: string) {
    this.#server = server;
    this.#transport = transport;
    this.#subjects = subjectsOf(server.protocol, server.version);
    this.#outbox = new Outbox({
      node,
      send: (topic, bytes) => this.#publish(this.#subjects.of(topic), bytes),
      ask: () => this.#questions.askForBatches(),
      numbered: (topic) => this.#announcements.changed(topic),
      turnEpoch: (turn) => this.#beats.turnEpoch(turn),
    });
    this.#subscriptions = new Subscriptions((topic) =>
      transport.subscribe(this.#subjects.of(topic), (bytes) =>
        this.#reception.takeBatch(topic, bytes),
      ),
    );
    this.#announcements = new Announcements(() => this.#topics());
    this.#questions = new Questions({
      transport,
      outbox: this.#outbox,
      subscriptions: this.#subscriptions,
      announcements: this.#announcements,
      now: () => server.clock.now(),
      took: server.answered,
      isUp: () => this.#line === "up",
      answered: () => this.#closing.answered(),
    });
    this.#reception = new Reception({
      server,
      node,
      neighbours: this.#neighbours,
      subscriptions: this.#subscriptions,
      announcements: this.#announcements,
      epoch: () => this.#outbox.epoch,
      toldOf: (topic) => this.#outbox.toldOf(topic),
      answer: (other, beginnings) => this.#beats.answer(other, beginnings),
      heard: (other) => this.#heardAgain(other),
    });
    this.#beats = new Beats({
      server,
      node,
      outbox: this.#outbox,
      subscriptions: this.#subscriptions,
      announcements: this.#announcements,
      send: (bytes, to) => {
        this.#publish(to === undefined ? this.#subjects.beat : this.#subjects.to(to), bytes);
      },
    });
    this.#closing = new Closing({
      clock: server.clock,
      outbox: this.#outbox,
      announcements: this.#announcements,
      beats: this.#beats,
      questions: this.#questions,
      line: () => this.#hope,
      holdMs: () => (this.#awaited === undefined ? 0 : WAIT_MS),
      destroy: () => this.destroy(),
    });
    this.#beatAtMs = server.clock.now();
    const stops = [
      transport.subscribe(this.#subjects.beat, (bytes) => this.#reception.takeBeat(bytes)),
      transport.subscribe(this.#subjects.to(node), (bytes) => this.#reception.takeBegin(bytes)),
    ];
    this.#stopBeats = () => {
      for (const stop of stops) stop();
    };
    this.#subscriptions.set(ALL, 1, this.#now);
    this.#stopTransport = transport.onStatus((status) => this.#hear(status));
    this.#cancelBeat = server.clock.after(BEAT_MS, this.#tick);
  }

  publish(topic: string | undefined, frame: Uint8Array, dropsSlow: boolean): void {
    if (this.#line === "closed") return;
    this.#outbox.publish(topic ?? ALL, frame, dropsSlow);
  }

  members(topic: string, count: number): void {
    if (this.#line === "closed") return;
    this.#subscriptions.set(topic, count, this.#now);
    this.#announcements.changed(topic);
    this.#questions.askForSubscriptions();
  }

  othersOf(topic: string): { readonly members: number; readonly servers: number } {
    let members = 0;
    for (const neighbour of this.#neighbours.living())
      members += neighbour.topics.get(topic)?.members ?? 0;
    return { members, servers: this.#neighbours.alive };
  }

  others(): { readonly connections: number; readonly servers: number } {
    let connections = 0;
    for (const neighbour of this.#neighbours.living()) connections += neighbour.connections;
    return { connections, servers: this.#neighbours.alive };
  }

  stats(): BackplaneStats {
    const { batchesSent, messagesSent, messagesDropped, heldBytes } = this.#outbox;
    const { batchesReceived, messagesReceived, batchesRefused, batchesLate, gaps, gapMessages } =
      this.#reception;
    return {
      state: this.#state,
      servers: this.#neighbours.alive + 1,
      batchesSent,
      messagesSent,
      batchesReceived,
      messagesReceived,
      batchesRefused,
      batchesLate,
      messagesDropped,
      gaps,
      gapMessages,
      heldBytes,
      reconnects: Math.max(0, this.#questions.lines - 1),
    };
  }

  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#beats.leave();
    if (this.#line === "up") this.#beats.beat();
  }

  close(): Promise<void> {
    this.leave();
    return this.#closing.begin();
  }

  destroy(): void {
    if (this.#line !== "closed") {
      this.#line = "closed";
      this.#cancelBeat();
      this.#cancelWait();
      this.#outbox.abandon();
      this.#stopBeats();
      this.#stopTransport();
    }
    this.#closing.over();
  }

  get #now(): number {
    return this.#server.clock.now();
  }

  get #hope(): "up" | "away" | "hopeless" {
    if (this.#line === "up") return "up";
    return this.#line === "failed" || this.#line === "closed" ? "hopeless" : "away";
  }

  get #state(): BackplaneState {
    if (this.#line === "failed") return "failed";
    if (this.#line !== "up") return "down";
    return this.#neighbours.isMissing(this.#now) ? "degraded" : "up";
  }

  /** Every topic of which a beat can speak. */
  *#topics(): Generator<string> {
    yield* this.#outbox.streams.keys();
    yield* this.#subscriptions.names();
  }

  #hear(told: TransportStatus): void {
    if (this.#line === "closed") return;
    const { event } = this.#server;
    const status = usable(told);
    if (status.state === "refused") {
      this.#refuse(status);
      return;
    }
    if (this.#line === status.state && status.state !== "up") return;
    this.#line = status.state;
    this.#cancelWait();
    this.#outbox.stop();
    if (status.state !== "up") {
      event({ type: status.state, why: status.why });
      this.#closing.lineChanged();
      return;
    }
    this.#questions.begin();
    this.#outbox.maxMessageBytes = status.maxMessageBytes ?? Infinity;
    this.#neighbours.excuse(this.#now - this.#beatAtMs);
    this.#beatAtMs = this.#now;
    const living = [...this.#neighbours.living()];
    this.#awaited = new Set(living.map(({ node }) => node));
    for (const neighbour of living) this.#reception.askAgain(neighbour);
    this.#cancelWait = this.#server.clock.after(WAIT_MS, () => this.#flow());
    this.#beats.beat();
    this.#questions.askForSubscriptions();
    event({ type: "up", ...(status.address !== undefined && { address: status.address }) });
    if (this.#awaited?.size === 0) this.#flow();
    this.#closing.lineChanged();
  }

  /** One topic is refused, and told of; without broadcasts or beats a server is alone. */
  #refuse({ why, subject }: Extract<TransportStatus, { state: "refused" }>): void {
    if (this.#line !== "up") return;
    const topic = subject === undefined ? undefined : this.#subjects.topicOf(subject);
    if (subject === undefined || (topic !== undefined && topic !== ALL)) {
      this.#server.event({ type: "refused", ...(topic !== undefined && { topic }), why });
      return;
    }
    this.#hear({ state: "failed", why });
    this.#stopTransport();
  }

  /** Those who listened before do so again, or have had the time to. */
  #flow(): void {
    this.#awaited = undefined;
    this.#cancelWait();
    if (this.#line === "up") this.#outbox.flow();
  }

  #publish(subject: string, bytes: Uint8Array): void {
    try {
      this.#transport.publish(subject, bytes);
    } catch {
      // The line has just ended, of which the transport tells; what leaves is kept until it is answered.
    }
  }

  readonly #tick = (): void => {
    const nowMs = this.#now;
    this.#cancelBeat = this.#server.clock.after(BEAT_MS, this.#tick);
    const lateMs = nowMs - this.#beatAtMs - BEAT_MS;
    // A process that slept, or worked for long, has not heard what came meanwhile.
    if (lateMs > BEAT_MS) this.#neighbours.excuse(lateMs);
    this.#beatAtMs = nowMs;
    if (this.#line !== "up") {
      this.#neighbours.excuse(BEAT_MS);
      return;
    }
    this.#outbox.pump();
    this.#outbox.ask();
    this.#questions.probe();
    // Those that are waited for have until then to come back.
    if (this.#awaited !== undefined) this.#neighbours.excuse(BEAT_MS);
    for (const { node, heardAtMs } of this.#neighbours.expire(nowMs)) {
      const servers = this.#neighbours.alive + 1;
      this.#server.event({ type: "server-lost", node, servers, silentMs: nowMs - heardAtMs });
    }
    for (const topic of this.#subscriptions.sweep(nowMs)) this.#neighbours.forgetTopic(topic);
    this.#questions.askForSubscriptions();
    this.#beats.beat();
  };

  #heardAgain(node: string): void {
    if (this.#awaited?.delete(node) === true && this.#awaited.size === 0) this.#flow();
  }
}

/** A line that cannot carry what servers say is none. */
function usable(status: TransportStatus): TransportStatus {
  if (status.state !== "up") return status;
  const { maxMessageBytes = Infinity } = status;
  if (maxMessageBytes >= LEAST_MESSAGE_BYTES) return status;
  const why = `the bus takes messages of ${maxMessageBytes} bytes, expected ${LEAST_MESSAGE_BYTES} or more`;
  return { state: "failed", why };
}
