// What has come of what one other server publishes: the last number of each topic that this server hears. A number
// that jumps is a gap, one that does not rise is late or double. Knows neither bytes nor members.

/** What a number that came, or was told, comes to. */
export type Verdict =
  /** It follows. */
  | { readonly is: "next" }
  /** So many, from the number `from` on, have not come and will not be taken any more. */
  | { readonly is: "gap"; readonly from: number; readonly missed: number }
  /** It has been here, or something later has. */
  | { readonly is: "late" };

const NEXT: Verdict = { is: "next" };
const LATE: Verdict = { is: "late" };

/** The numbers of one server's epoch. */
export class Numbers {
  readonly #last = new Map<string, number>();
  /** What the last beat said, of topics of which it said more than has come. */
  readonly #told = new Map<string, number>();
  /** The first number that came of each topic, as long as it is not known which should have come first. */
  readonly #unsure = new Map<string, number>();

  /**
   * Messages `first` to `last` of `topic` are here. `wasThere`: whether this server is known to have heard the topic
   * before the other began to number, so that 1 comes first; else see `begin`.
   */
  take(topic: string, first: number, last: number, wasThere: boolean): Verdict {
    const known = this.#last.get(topic);
    if (known === undefined && !wasThere) this.#unsure.set(topic, first);
    const before = known ?? (wasThere ? 0 : first - 1);
    if (first <= before) return LATE;
    this.#last.set(topic, last);
    return gapBetween(before, first);
  }

  /** Of `topic`, this server hears all that follows `before`: what of it is missing. */
  begin(topic: string, before: number): Verdict {
    const first = this.#unsure.get(topic);
    this.#unsure.delete(topic);
    if (first !== undefined) return first <= before ? NEXT : gapBetween(before, first);
    if (!this.#last.has(topic)) this.#last.set(topic, before);
    return NEXT;
  }

  /** Now it is known of which topics 1 comes first: those whose beginning is missing, and how much. */
  *beginAll(
    wasThere: (topic: string) => boolean,
  ): Generator<readonly [topic: string, verdict: Verdict]> {
    for (const topic of this.#unsure.keys()) {
      if (wasThere(topic)) yield [topic, this.begin(topic, 0)];
    }
  }

  /** Whether it is known with which number `topic` begins. */
  isSureOf(topic: string): boolean {
    return this.#last.has(topic) && !this.#unsure.has(topic);
  }

  /**
   * The other server's beat says that it has published up to `last`. What this says to be missing counts as lost when
   * the next beat says so too: what was sent on a line that has ended may be sent again. Says nothing of a topic of which
   * nothing has come, and that may have begun with any number.
   */
  hear(topic: string, last: number, wasThere: boolean): Verdict {
    const before = this.#last.get(topic) ?? (wasThere ? 0 : undefined);
    if (before === undefined) return NEXT;
    this.#last.set(topic, before);
    const told = this.#told.get(topic) ?? before;
    if (last > before) this.#told.set(topic, last);
    else this.#told.delete(topic);
    const lost = Math.min(told, last);
    if (lost <= before) return NEXT;
    this.#last.set(topic, lost);
    return gapBetween(before, lost + 1);
  }

  /** This server does not hear the topic any more. */
  forget(topic: string): void {
    this.#last.delete(topic);
    this.#unsure.delete(topic);
    this.#told.delete(topic);
  }
}

function gapBetween(before: number, next: number): Verdict {
  const missed = next - before - 1;
  return missed === 0 ? NEXT : { is: "gap", from: before + 1, missed };
}
