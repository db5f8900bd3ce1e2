// A server as its backplane sees it: what other servers publish goes to the members here, and gaps are told to
// those members that ask for it. Only where there is a backplane.

import type { Backplane, BackplaneEvent, BackplaneLine, Gap } from "@typewire/backplane";
import { type Clock, GAP_FEATURE } from "@typewire/connection";
import type { AnyMessage, AnyProtocol, Codec, Hello } from "@typewire/protocol";

import type { FanOut, Recipient, Recipients } from "./fan-out.ts";
import type { ServerWatcher } from "./watch.ts";

/** A connection that messages of other servers go to. */
type Member<Outgoing extends AnyMessage> = Recipient<Outgoing> & {
  readonly peerHello: Hello | undefined;
  answer(message: GapMessage): void;
};

type GapMessage = {
  type: "$gap";
  topic?: string;
  from: number;
  missed: number;
  why: string;
};

/** What of a server its backplane reaches. */
export interface JoiningServer<Outgoing extends AnyMessage> {
  readonly protocol: AnyProtocol;
  readonly clock: Clock;
  readonly connections: ReadonlySet<Member<Outgoing>>;
  readonly membersOf: (topic: string) => Recipients<Member<Outgoing>>;
  readonly fanOut: FanOut<Outgoing>;
  readonly tellers: {
    readonly onGap: ((gap: Gap) => void) | undefined;
    readonly onBackplane: ((event: BackplaneEvent) => void) | undefined;
  };
  readonly watchers: readonly ServerWatcher[];
  /** Given a sentence where no observer asks. */
  readonly warn: ((sentence: string) => void) | undefined;
}

/** Joins the server to the others. */
export function joinBackplane<Outgoing extends AnyMessage>(
  backplane: Backplane,
  {
    protocol,
    clock,
    connections,
    membersOf,
    fanOut,
    tellers,
    watchers,
    warn,
  }: JoiningServer<Outgoing>,
): BackplaneLine {
  const recipients = (topic: string | undefined): Recipients<Member<Outgoing>> =>
    topic === undefined ? connections : membersOf(topic);
  return backplane.join({
    protocol: protocol.name,
    version: protocol.version,
    fingerprint: protocol.fingerprint,
    codec: protocol.server as Codec<AnyMessage>,
    clock,
    connections: () => connections.size,
    receive: (topic, run, dropsSlow) => fanOut.sendRun(recipients(topic), run, dropsSlow),
    gap(gap) {
      tellMembers(recipients(gap.topic), gap);
      for (const watcher of watchers) watcher.gap(gap);
      if (tellers.onGap !== undefined) tellers.onGap(gap);
      else warn?.(describeGap(gap));
    },
    event(event) {
      for (const watcher of watchers) watcher.backplane(event);
      if (tellers.onBackplane !== undefined) tellers.onBackplane(event);
      else if (isTrouble(event)) warn?.(describeEvent(event));
    },
    answered(elapsedMs) {
      for (const watcher of watchers) watcher.busAnswered(elapsedMs);
    },
  });
}

function tellMembers<Outgoing extends AnyMessage>(
  members: Recipients<Member<Outgoing>>,
  { topic, from, missed, why }: Gap,
): void {
  const message: GapMessage = {
    type: "$gap",
    ...(topic !== undefined && { topic }),
    from,
    missed,
    why,
  };
  members.forEach((member) => {
    const asks = member.peerHello?.features?.includes(GAP_FEATURE) === true;
    if (asks && member.state === "open") member.answer(message);
  });
}

function describeGap({ topic, node, from, missed }: Gap): string {
  const what = topic === undefined ? "broadcasts" : `messages of the topic ${topic}`;
  return `Backplane: ${missed} ${what} of the server ${node} have not come, from number ${from} on`;
}

type Trouble = Extract<BackplaneEvent, { type: "down" | "failed" | "refused" | "server-lost" }>;

function isTrouble(event: BackplaneEvent): event is Trouble {
  return ["down", "failed", "refused", "server-lost"].includes(event.type);
}

function describeEvent(event: Trouble): string {
  switch (event.type) {
    case "down":
      return `Backplane: the other servers cannot be reached: ${event.why}`;
    case "failed":
      return `Backplane: given up, this server is alone: ${event.why}`;
    case "refused":
      return `Backplane: the bus has refused something, and goes on: ${event.why}`;
    case "server-lost":
      return `Backplane: the server ${event.node} has not been heard for ${Math.round(event.silentMs)} ms`;
  }
}
