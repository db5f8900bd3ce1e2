// Says what is wrong where `typewire/bun` is imported on another host than Bun, before anything of it runs there.

/** @throws Error on a host that is not Bun. */
export function requireBun(host: { readonly Bun?: unknown }): void {
  if (host.Bun !== undefined) return;
  throw new Error(
    'typewire/bun needs Bun 1.4 or newer, whose sockets it uses: run this program with `bun`. On Node import "typewire" (protocols, codecs, frames) or "typewire/testing" (both ends in memory)',
  );
}

requireBun(globalThis as { readonly Bun?: unknown });
