// What one turn of the event loop adds to a queue that its socket does not take at once. A queue that has had
// no chance to flush says nothing of its peer: the largest burst does not count against the hard limit, as one
// frame of any size does not. How long a queue may take to become short is the writer's.

/** The bursts of one queue since it was last empty. Made when the queue has more than the socket takes at once. */
export class Burst {
  /** What was queued when the socket last took less than it was offered. */
  refusedBytes = 0;
  #turn: number;
  /** Bytes ever appended to the queue when the turn began, and when it last grew. */
  #totalBefore: number;
  #total: number;
  #largestBytes = 0;

  /** All that waits in the queue at `total` appended bytes counts as the burst of `turn`. */
  constructor(turn: number, total: number, queuedBytes: number) {
    this.#turn = turn;
    this.#totalBefore = total - queuedBytes;
    this.#total = total;
  }

  /** The queue has grown, in `turn`, to `total` bytes ever appended. */
  grow(turn: number, total: number): void {
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#totalBefore = this.#total;
    }
    this.#total = total;
    this.#largestBytes = Math.max(this.#largestBytes, total - this.#totalBefore);
  }

  /** The most bytes that one turn has added. */
  get largestBytes(): number {
    return this.#largestBytes;
  }

  /** Bytes that `turn` has added so far. */
  addedBytes(turn: number): number {
    return turn === this.#turn ? this.#total - this.#totalBefore : 0;
  }
}
