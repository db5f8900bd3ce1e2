import { describe, expect, test } from "bun:test";

import type { Accepted } from "@typewire/server";
import { ScriptedPeer } from "@typewire/testkit";

import { listen } from "../src/listen.ts";

const anyPort = { hostname: "127.0.0.1", port: 0 };

/** What a listener says about one accepted socket that it is told to close. */
async function acceptedWith(reservedFrom: number, at = anyPort): Promise<Accepted> {
  const seen = Promise.withResolvers<Accepted>();
  const refuseAll = (accepted: Accepted): undefined => {
    seen.resolve(accepted);
  };
  const listening = listen(at, refuseAll, { reservedFrom });
  try {
    using peer = await ScriptedPeer.connect({ port: listening.port ?? 0 });
    const accepted = await seen.promise;
    expect(await peer.ended).toBe("reset");
    return accepted;
  } finally {
    listening.stop();
  }
}

describe("listen", () => {
  test("resets a socket that has no user", async () => {
    expect(await acceptedWith(Infinity)).toMatchObject({ ipAddress: "127.0.0.1" });
  });

  test("says the same address of an IPv4 peer where it listens for both families", async () => {
    const accepted = await acceptedWith(Infinity, { hostname: "::", port: 0 });
    expect(accepted).toMatchObject({
      ipAddress: "127.0.0.1",
      name: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
  });

  test("says whose descriptor is one that is kept for something else", async () => {
    expect((await acceptedWith(Infinity)).isBeyondLimit).toBe(false);
    expect((await acceptedWith(0)).isBeyondLimit).toBe(true);
  });
});
