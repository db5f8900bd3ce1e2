// What the runner and the peers of calls say to each other, in the JSON lines of json-lines.ts.

/** What a peer can be told. The first command decides whether it is a server or a client. */
export type Command =
  /** Server: listen on a free port of 127.0.0.1. */
  | { readonly do: "listen" }
  /** Client: open this many connections more, at most `inFlight` at a time. */
  | {
      readonly do: "connect";
      readonly port: number;
      readonly connections: number;
      readonly inFlight: number;
    }
  /** Either: collect garbage, where the runtime offers that. */
  | { readonly do: "settle" }
  /** Client: make every kind of call that this system has, and compare the values with what is right. */
  | { readonly do: "verify" }
  /** Client: make so many calls on the first connection, in a way of `ways` in peer.ts. */
  | { readonly do: "call"; readonly calls: number; readonly inFlight: number; readonly way: Way }
  /** Client: take a stream of so many messages; `both`: of those that it sends. */
  | { readonly do: "stream"; readonly items: number; readonly kind: "down" | "both" }
  /** Client: take so many chunks of bytes. */
  | { readonly do: "chunks"; readonly chunks: number }
  /** Client: make calls one after the other while a stream runs on the same connection. */
  | { readonly do: "beside"; readonly calls: number }
  /** Client: open a stream of `items`, take one, and no more. */
  | { readonly do: "stall"; readonly items: number }
  /** Server: how many items its streams have been asked for. */
  | { readonly do: "produced" }
  /** Client: open so many calls or streams on each connection that never end. */
  | { readonly do: "hold"; readonly kind: "call" | "stream"; readonly each: number }
  /** Client: so many times connect, call once, close. */
  | {
      readonly do: "cold";
      readonly port: number;
      readonly connections: number;
      readonly inFlight: number;
    };

/** How a call is made, where a system has several ways. */
export type Way = "plain" | "try" | "caller's signal" | "handler's signal";

/** What a run of calls has shown. */
export interface CallFigures {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly perSecond: number;
}

export interface Replies {
  /** `pid` is the process that holds the connections. */
  listen: { port: number; pid: number };
  connect: Record<never, never>;
  settle: Record<never, never>;
  verify: Record<never, never>;
  call: CallFigures;
  stream: { perSecond: number };
  chunks: { bytesPerSecond: number };
  beside: CallFigures & { itemsPerSecond: number };
  stall: Record<never, never>;
  produced: { items: number };
  hold: Record<never, never>;
  cold: { perSecond: number };
}
