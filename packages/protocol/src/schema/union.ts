// Where a value belongs in a union. Literal properties tell at once, as in TypeScript's discriminated
// unions; members that no literal rules out are tried in order, each with its own compiled check.

import type { CodeBudget } from "../code-budget.ts";
import { type Check, compileCheck } from "./check.ts";
import { MemberIndex, type ReadProperty } from "./member-index.ts";
import { type Shape, type UnionMember, unionMembers, type UnionShape } from "./shape.ts";

/** One member, ready to be tried. */
export class Candidate {
  readonly shape: Shape;
  readonly #member: UnionMember;
  readonly #budget: CodeBudget;
  #check: Check | undefined;

  constructor(member: UnionMember, budget: CodeBudget) {
    this.shape = member.shape;
    this.#member = member;
    this.#budget = budget;
  }

  /** Whether `value` satisfies this member's schema. */
  admits(value: unknown): boolean {
    const { schema, references } = this.#member;
    const budget = this.#budget;
    this.#check ??= compileCheck(schema, this.shape, { references, budget });
    return this.#check.passes(value);
  }
}

/** The candidates of each union of a message, prepared when first met. */
export class Unions {
  readonly #indexes = new Map<UnionShape, MemberIndex<Candidate>>();
  readonly #budget: CodeBudget;

  /** `budget` says when the checks of members may be compiled. */
  constructor(budget: CodeBudget) {
    this.#budget = budget;
  }

  /** The members that are more than a literal, in the order of the schema. */
  candidates(shape: UnionShape): readonly Candidate[] {
    return this.#index(shape).others;
  }

  /** The members an array may belong to. */
  candidatesForArray(shape: UnionShape): readonly Candidate[] {
    return this.#index(shape).ofKind("array").members;
  }

  /** The members an object may belong to; `read` gives its properties. One, in a discriminated union. */
  candidatesForObject(shape: UnionShape, read: ReadProperty): readonly Candidate[] {
    return this.#index(shape).ofObject(read);
  }

  #index(shape: UnionShape): MemberIndex<Candidate> {
    let index = this.#indexes.get(shape);
    if (index === undefined) {
      index = new MemberIndex(
        unionMembers(shape).map((member) => new Candidate(member, this.#budget)),
      );
      this.#indexes.set(shape, index);
    }
    return index;
  }
}
