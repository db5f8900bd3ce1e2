// Finds the members of a union that a value may be of by what the value shows at once: a literal by itself,
// its kind, and of objects the literal property that tells them apart. So a value costs the same in a union
// of five hundred members as in one of two.

import {
  admitsObject,
  discriminatorsOf,
  type Discriminators,
  sharedDiscriminator,
} from "./discriminators.ts";
import { admitsKind, resolveShape, type Shape, type ValueKind } from "./shape.ts";

/** Gives the property of an object by its name; undefined where there is none. */
export type ReadProperty = (name: string) => unknown;

/** The members of one kind, and those of them that a value has to be tried with. */
interface OfKind<Member> {
  readonly members: readonly Member[];
  readonly tried: readonly Member[];
}

/** `Member` is a member's shape, and whatever its owner keeps beside it. To be made when all shapes are built. */
export class MemberIndex<Member extends { readonly shape: Shape }> {
  /** In the order of the schema. */
  readonly members: readonly Member[];
  /** The values of those that are literals and nothing else: such a value needs no trial, and fits none of them where it is not among these. */
  readonly literals: ReadonlySet<unknown>;
  /** The members that are none of `literals`. */
  readonly others: readonly Member[];
  /** A property of which all objects know the values, and all these values. */
  readonly discriminator: ReturnType<typeof sharedDiscriminator>;
  readonly #ofKind = new Map<ValueKind, OfKind<Member>>();
  readonly #discriminators = new Map<Member, Discriminators | undefined>();
  /** The objects by the values of `discriminator`. */
  readonly #byValue = new Map<unknown, Member[]>();

  constructor(members: readonly Member[]) {
    const literals = new Set<unknown>();
    this.members = members;
    this.literals = literals;
    this.others = members.filter(({ shape }) => {
      const literal = plainLiteral(shape);
      if (literal !== undefined) literals.add(literal);
      return literal === undefined;
    });
    const objects = this.ofKind("object").members;
    this.discriminator = sharedDiscriminator(objects.map(({ shape }) => shape));
    for (const object of objects) this.#addObject(object);
  }

  /** The members that a value of this kind may be of; `tried` without the literals. */
  ofKind(kind: ValueKind): OfKind<Member> {
    let known = this.#ofKind.get(kind);
    if (known === undefined) {
      const admits = ({ shape }: Member): boolean => admitsKind(shape, kind);
      known = { members: this.members.filter(admits), tried: this.others.filter(admits) };
      this.#ofKind.set(kind, known);
    }
    return known;
  }

  /** The members that an object may be of. One, where a literal property tells them apart. */
  ofObject(read: ReadProperty): readonly Member[] {
    const { discriminator } = this;
    const members =
      discriminator === undefined
        ? this.ofKind("object").members
        : (this.#byValue.get(read(discriminator.name)) ?? []);
    return members.filter((member) =>
      admitsObject(member.shape, this.#discriminators.get(member), read),
    );
  }

  #addObject(object: Member): void {
    const discriminators = discriminatorsOf(object.shape);
    this.#discriminators.set(object, discriminators);
    const { discriminator } = this;
    if (discriminator === undefined) return;
    const values = discriminators?.find(([name]) => name === discriminator.name)?.[1] ?? [];
    for (const value of values) {
      const alike = this.#byValue.get(value);
      if (alike === undefined) this.#byValue.set(value, [object]);
      else alike.push(object);
    }
  }
}

/** The value of a literal of which nothing else is asked. */
function plainLiteral(shape: Shape): string | number | boolean | undefined {
  const resolved = resolveShape(shape);
  return resolved?.kind === "literal" && resolved.schemas.length === 1 ? resolved.value : undefined;
}
