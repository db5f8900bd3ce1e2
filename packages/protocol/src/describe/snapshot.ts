// A copy of what a program has given, so that what is made of it later does not depend on what the program
// does to it meanwhile.

/** A copy of `given` with the own, enumerable, named parts of all objects in it. What stands at many places is copied once. */
export function snapshotOf<Given>(given: Given): Given {
  const copies = new Map<object, unknown>();
  const copyOf = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null || part instanceof RegExp) return part;
    const known = copies.get(part);
    if (known !== undefined) return known;
    const copy = Array.isArray(part)
      ? part.map(copyOf)
      : Object.fromEntries(Object.entries(part).map(([name, value]) => [name, copyOf(value)]));
    copies.set(part, copy);
    return copy;
  };
  return copyOf(given) as Given;
}
