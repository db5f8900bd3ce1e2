// The stack of what `connect` rejects with: it begins where the program called it.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol, TypewireError } from "@typewire/protocol";

import { connect, serve } from "../src/index.ts";

const parts = { name: "desk", server: {}, client: {} };
const desk = defineProtocol({ ...parts, version: 1 });
const next = defineProtocol({ ...parts, version: 2 });
const guarded = defineProtocol({
  ...parts,
  version: 1,
  auth: Type.Object({ name: Type.String() }),
});

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = serve(desk, { port: 0 });
  const { port } = server;
  await server.drain();
  return port;
}

// Named, and with its own `await`, so that a frame says which of them connected.
const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  async "nothing listens"() {
    const port = await closedPort();
    async function askedHere(): Promise<void> {
      await using _ = await connect(desk, { port });
    }
    return rejection(askedHere());
  },
  async "nothing listens at any of several addresses"() {
    const servers = [{ port: await closedPort() }, { port: await closedPort() }];
    async function askedHere(): Promise<void> {
      await using _ = await connect(desk, { servers });
    }
    return rejection(askedHere());
  },
  async "the server speaks another version, and the rejection is handled"() {
    await using server = serve(desk, { port: 0 });
    const { port } = server;
    async function askedHere(): Promise<unknown> {
      const failure = connect(next, { port }).catch((error: unknown) => error);
      return await failure;
    }
    return await askedHere();
  },
  async "what it shows does not fit"() {
    await using server = serve(guarded, { port: 0, authenticate: () => undefined });
    const { port } = server;
    async function askedHere(): Promise<void> {
      await using _ = await connect(guarded, { port, auth: () => ({}) as { name: string } });
    }
    return await rejection(askedHere());
  },
  async "an option is not possible"() {
    async function askedHere(): Promise<void> {
      await using _ = await connect(desk, { port: -1 });
    }
    return rejection(askedHere());
  },
};

function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("connect rejects with a stack that has its caller", () => {
  test.each(Object.entries(ways))("where %s", async (_, connecting) => {
    const error = await connecting();
    if (!(error instanceof TypewireError))
      throw new Error(`Expected an error of ours: ${String(error)}`);
    const [headline, ...frames] = error.stack?.split("\n") ?? [];
    expect(headline).toBe(`TypewireError: ${error.message}`);
    expect(frames[0]).toMatch(/\baskedHere\b.*connect-stack\.test\.ts/);
  });

  test("leaves the reason of a signal as it is", async () => {
    const reason = new TypewireError("internal", "of the program's own");
    const { stack } = reason;
    const connecting = connect(desk, { port: 1, signal: AbortSignal.abort(reason) });
    expect(await rejection(connecting)).toBe(reason);
    expect(reason.stack).toBe(stack);
  });
});
