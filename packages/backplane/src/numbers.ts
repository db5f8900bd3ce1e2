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
  /** The first number that came of each topic, as long as it is not known whether it should have been 1. */
  readonly #unsure = new Map<string, number>();

  /**
   * Messages `first` to `last` of `topic` are here. `wasThere`: whether this server heard the topic before the other
   * began to number, so that 1 comes first; else the numbers begin with what comes first. Undefined: see `begin`.
   */
  take(topic: string, first: number, last: number, wasThere: boolean | undefined): Verdict {
    const known = this.#last.get(topic);
    if (known === undefined && wasThere === undefined) this.#unsure.set(topic, first);
    const before = known ?? (wasThere === true ? 0 : first - 1);
    if (first <= before) return LATE;
    this.#last.set(topic, last);
    return gapBetween(before, first);
  }

  /** Now it is known whether this server was there: the topics of which the beginning is missing, and how much. */
  *begin(
    wasThere: (topic: string) => boolean,
  ): Generator<readonly [topic: string, verdict: Verdict]> {
    for (const [topic, first] of this.#unsure) {
      if (wasThere(topic)) yield [topic, gapBetween(0, first)];
    }
    this.#unsure.clear();
  }

  /**
   * The other server's beat says that it has published up to `last`. What this says to be missing counts as lost when
   * the next beat says so too: what was sent on a line that has ended may be sent again.
   */
  hear(topic: string, last: number, wasThere: boolean): Verdict {
    const before = this.#last.get(topic) ?? (wasThere ? 0 : last);
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
