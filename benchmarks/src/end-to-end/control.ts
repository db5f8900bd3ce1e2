// What the runner and its peers say to each other, in the JSON lines of json-lines.ts: `{"do": …}`, and
// `{"ok": …}` or `{"error": …}`. Also spoken by peers in other languages, so it is kept plain.

/** What a peer can be told. The first command decides whether it is a server or a client. */
export type Command =
  /** Server: listen on a free port of 127.0.0.1. */
  | { readonly do: "listen"; readonly workload: string }
  /** Client: open this many connections more, at most `inFlight` at a time. */
  | {
      readonly do: "connect";
      readonly workload: string;
      readonly port: number;
      readonly connections: number;
      readonly inFlight: number;
    }
  /** Server: reply once it has this many connections. */
  | { readonly do: "connected"; readonly connections: number }
  /** Either: collect garbage, where the runtime offers that. */
  | { readonly do: "settle" }
  /** Client: each connection is to receive this many messages, from the first of the workload on. */
  | { readonly do: "expect"; readonly each: number; readonly verify: boolean }
  /** Client: reply once all that was expected is there. */
  | { readonly do: "received" }
  /** Server: send this many messages to each connection. */
  | { readonly do: "stream"; readonly each: number }
  /** Server: send one message to all connections, or publish it to the topic that they have subscribed to. */
  | { readonly do: "broadcast"; readonly how: "broadcast" | "publish" }
  /** Server: make the answer to a scrape so many times, each in a turn of its own. */
  | { readonly do: "scrape"; readonly times: number }
  /** Client: send this many requests in all, on all connections in turn, and await their answers. */
  | { readonly do: "request"; readonly requests: number; readonly inFlight: number };

/** Times are milliseconds since the epoch with microseconds behind the point, comparable on one machine. */
export interface Replies {
  /** `pid` is the process whose memory counts. */
  listen: { port: number; pid: number };
  connect: { startedAtMs: number; connectedAtMs: number };
  connected: { atMs: number };
  settle: Record<never, never>;
  expect: Record<never, never>;
  received: { lastAtMs: number };
  stream: { startedAtMs: number };
  broadcast: { startedAtMs: number; recipients: number };
  scrape: { longestMs: number };
  request: { p50Us: number; p99Us: number; perSecond: number };
}

/** The time on a clock that all processes of this machine share, to some microseconds. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
