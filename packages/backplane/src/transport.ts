// What carries bytes between servers: a bus, by four functions. It may lose, double, reorder and delay, and may be
// gone for a while; what is made of that is `LiveBackplane`'s.

/** How the line to the bus is. */
export type TransportStatus =
  /** Messages pass. `maxMessageBytes` is the most that one may have, `address` where the bus is. */
  | { readonly state: "up"; readonly maxMessageBytes?: number; readonly address?: string }
  /** They do not; the transport tries to have a line again. */
  | { readonly state: "down"; readonly why: string }
  /** They do not, and the transport has given up: what is wrong does not pass. */
  | { readonly state: "failed"; readonly why: string }
  /**
   * They pass as before, but for something that the bus has refused: what is of `subject`, where it says of which. Told
   * once for each line and reason.
   */
  | { readonly state: "refused"; readonly why: string; readonly subject?: string };

/** Ends what a function has begun; harmless afterwards. */
export type Stop = () => void;

/** One server's line to a bus. */
export interface Transport {
  /**
   * Called first, and once: begins to have a line, and tells of it, at once or later. What it returns ends the
   * line at once and tells nothing more.
   */
  onStatus(tell: (status: TransportStatus) => void): Stop;
  /** Hands over one message; called while the line is up. Never waits. `bytes` do not change any more. */
  publish(subject: string, bytes: Uint8Array): void;
  /** Messages of one subject, also on each line that follows this one. `bytes` are on loan until `receive` returns. */
  subscribe(subject: string, receive: (bytes: Uint8Array) => void): Stop;
  /**
   * Resolves when the bus has all that was handed over before, and knows all subscriptions made before. Rejects
   * where the line ends first; a transport whose bus does not answer ends the line by itself.
   */
  flush(): Promise<void>;
}
