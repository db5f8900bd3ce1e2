// Where a value belongs in a union. Literal properties tell at once, as in TypeScript's discriminated
// unions; members that no literal rules out are tried in order, each with its own compiled check.

import type { CodeBudget } from "../code-budget.ts";
import { type Check, compileCheck } from "./check.ts";
import { admitsObject, type Discriminators, discriminatorsOf } from "./discriminators.ts";
import {
  admitsKind,
  type Shape,
  type UnionMember,
  unionMembers,
  type UnionShape,
} from "./shape.ts";

/** One member, ready to be tried. */
export class Candidate {
  readonly shape: Shape;
  readonly #member: UnionMember;
  /** Undefined where the member is no object. */
  readonly #discriminators: Discriminators | undefined;
  readonly #budget: CodeBudget;
  #check: Check | undefined;

  constructor(member: UnionMember, budget: CodeBudget) {
    this.shape = member.shape;
    this.#member = member;
    this.#budget = budget;
    this.#discriminators = discriminatorsOf(member.shape);
  }

  /** Whether `value` satisfies this member's schema. */
  admits(value: unknown): boolean {
    const { schema, references } = this.#member;
    const budget = this.#budget;
    this.#check ??= compileCheck(schema, this.shape, { references, budget });
    return this.#check.passes(value);
  }

  /** Whether an object with these properties may belong here, as far as literals tell. */
  admitsObject(read: (name: string) => unknown): boolean {
    return admitsObject(this.shape, this.#discriminators, read);
  }
}

/** The candidates of each union of a message, prepared when first met. */
export class Unions {
  readonly #candidates = new Map<UnionShape, readonly Candidate[]>();
  readonly #budget: CodeBudget;

  /** `budget` says when the checks of members may be compiled. */
  constructor(budget: CodeBudget) {
    this.#budget = budget;
  }

  /** All members, in the order of the schema. */
  candidates(shape: UnionShape): readonly Candidate[] {
    let candidates = this.#candidates.get(shape);
    if (candidates === undefined) {
      candidates = unionMembers(shape).map((member) => new Candidate(member, this.#budget));
      this.#candidates.set(shape, candidates);
    }
    return candidates;
  }

  /** The members an array may belong to. */
  candidatesForArray(shape: UnionShape): readonly Candidate[] {
    return this.candidates(shape).filter((candidate) => admitsKind(candidate.shape, "array"));
  }

  /** The members an object may belong to; `read` gives its properties. One, in a discriminated union. */
  candidatesForObject(shape: UnionShape, read: (name: string) => unknown): readonly Candidate[] {
    return this.candidates(shape).filter((candidate) => candidate.admitsObject(read));
  }
}
