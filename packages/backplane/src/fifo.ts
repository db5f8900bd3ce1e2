// First in, first out, in constant time: an array's `shift` moves all that is behind.

interface Link<Item> {
  readonly item: Item;
  next: Link<Item> | undefined;
}

/** A queue of any length. */
export class Fifo<Item> {
  #first: Link<Item> | undefined;
  #last: Link<Item> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  peek(): Item | undefined {
    return this.#first?.item;
  }

  push(item: Item): void {
    const link: Link<Item> = { item, next: undefined };
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#size += 1;
  }

  shift(): Item | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    this.#first = first.next;
    if (first.next === undefined) this.#last = undefined;
    this.#size -= 1;
    return first.item;
  }

  *[Symbol.iterator](): Generator<Item> {
    for (let link = this.#first; link !== undefined; link = link.next) yield link.item;
  }
}
