// A protocol with messages and calls, and a server of it that is watched.

import { connect, serve } from "@typewire/bun";
import { defineProtocol, Type } from "@typewire/protocol";
import type { ServerHandlers } from "@typewire/server";

export const shop = defineProtocol({
  name: "shop",
  version: 3,
  server: { price: Type.Object({ cents: Type.Integer() }), closing: Type.Object({}) },
  client: {
    look: Type.Object({ at: Type.String({ maxLength: 10 }) }),
    leave: Type.Object({}),
  },
  calls: {
    buy: {
      input: Type.Object({ cents: Type.Integer() }),
      output: Type.Object({ left: Type.Integer() }),
      errors: { soldOut: Type.Object({}) },
    },
  },
});

export const handlers: ServerHandlers<typeof shop> = {
  look: (_, connection) => void connection.send({ type: "price", cents: 5 }),
  async leave() {
    await Bun.sleep(2);
  },
  buy({ cents }, call) {
    if (cents >= 100) throw call.error("soldOut", {});
    return { left: 100 - cents };
  },
};

export type Shop = ReturnType<typeof openShop>;

/** Answers each `look` with a price, sells below 100 cents, and lets no more in than `maxConnections`. */
export function openShop(maxConnections = 100) {
  return serve(shop, { port: 0, maxConnections }, handlers);
}

/** A client that has connected, and counts what it is told. */
export async function customer({ port }: { readonly port: number }) {
  const heard = { price: 0, closing: 0 };
  const client = await connect(
    shop,
    { port, reconnect: false },
    { price: () => void (heard.price += 1), closing: () => void (heard.closing += 1) },
  );
  return { client, heard };
}

/** Resolves when `isSo`; rejects after five seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) {
    if (isSo()) return;
    await Bun.sleep(5);
  }
  throw new Error("It has not come to it within five seconds");
}
