// What is known of one server that its own counters do not say: times of handlers, lag of the loop, the last
// events, and the rates of the last five minutes. Begins with the first call of a function of this package.

import type { ServerWatch } from "@typewire/server";

import { EventLog } from "./event-log.ts";
import { Histogram } from "./histogram.ts";
import { LOOK_MS, LoopLag } from "./loop-lag.ts";
import { Nodes } from "./nodes.ts";
import { assertObservable, type Observable } from "./observable.ts";

const DURATION_BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** A sample of what had been counted so far is kept for each five seconds of the last five minutes. */
const SAMPLE_MS = 5_000;
const MOST_SAMPLES = 60;

/** What had been counted at a moment, by name. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly in: Readonly<Record<string, number>>;
  readonly out: Readonly<Record<string, number>>;
}

/** What is known of one server. */
export class Observation {
  readonly watch: ServerWatch;
  readonly lag: LoopLag;
  readonly events = new EventLog();
  readonly nodes = new Nodes(this.events);
  /** From a question to the bus until its answer. */
  readonly busTimes = new Histogram(DURATION_BOUNDS);
  readonly handlerTimes = new Map<string, Histogram>();
  readonly samples: Sample[] = [];
  readonly #server: Observable;
  #wasListening = true;
  #looks = 0;

  constructor(server: Observable) {
    this.#server = server;
    const { events, nodes } = this;
    this.watch = server.watch({
      opened: ({ name }) => events.add("connected", name),
      closed: ({ name, wasOpen }, { code }) =>
        events.add(wasOpen ? "closed" : "not opened", name, code),
      turnedAway: (name, by) => events.add("turned away", name, by),
      gap: (gap) => nodes.gap(gap),
      backplane: (event) => nodes.event(event),
      busAnswered: (elapsedMs) => this.busTimes.add(elapsedMs / 1000),
      handled: (name, elapsedMs) => this.#timesOf(name).add(elapsedMs / 1000),
    });
    this.#sample();
    this.lag = new LoopLag(() => this.#look());
  }

  /** Returns whether there is still something to look at. */
  #look(): boolean {
    this.watch.timeNext();
    const { isListening, connections } = this.#server;
    if (this.#wasListening && !isListening) this.events.add("draining");
    this.#wasListening = isListening;
    this.#looks += 1;
    if (this.#looks % (SAMPLE_MS / LOOK_MS) === 0) this.#sample();
    return isListening || connections.size > 0;
  }

  #sample(): void {
    const { receivedByType, sentByType } = this.watch.figures();
    this.samples.push({ at: Date.now(), in: receivedByType, out: sentByType });
    if (this.samples.length > MOST_SAMPLES) this.samples.shift();
  }

  #timesOf(name: string): Histogram {
    const found = this.handlerTimes.get(name);
    if (found !== undefined) return found;
    const made = new Histogram(DURATION_BOUNDS);
    this.handlerTimes.set(name, made);
    return made;
  }
}

const observations = new WeakMap<Observable, Observation>();

/** The one of `server`, made when it is first asked for. */
export function observationOf(server: Observable): Observation {
  const found = observations.get(server);
  if (found !== undefined) return found;
  assertObservable(server);
  const made = new Observation(server);
  observations.set(server, made);
  return made;
}
