// For systems that push items and cannot be asked to wait: what a program that is behind would do, keep
// them.

import type { Take } from "./items.ts";

/** What to call with each item. `left` is called once, when `take` wants no more. */
export function pushTo(take: Take, left: () => void): (item: unknown) => void {
  const kept: unknown[] = [];
  let state: "taking" | "waiting" | "left" = "taking";
  const takeOn = (more: boolean): void => {
    state = more ? "taking" : "left";
    if (!more) left();
    while (state === "taking" && kept.length > 0) push(kept.shift());
  };
  const push = (item: unknown): void => {
    if (state === "left") return;
    if (state === "waiting") {
      kept.push(item);
      return;
    }
    const more = take(item);
    if (more === true) return;
    if (more === false) {
      takeOn(false);
      return;
    }
    state = "waiting";
    void more.then(takeOn);
  };
  return push;
}
