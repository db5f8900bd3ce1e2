// K: servers that answer calls as they like, towards our client.

import { describe, expect } from "bun:test";

import { connect } from "@typewire/bun";
import type { ClientOf } from "@typewire/client";
import { ByteWriter } from "@typewire/protocol/internal";
import { ScriptedListener, type ScriptedPeer, within } from "@typewire/testkit";

import { callsProtocol } from "../src/calls/protocol.ts";
import { frame, head, hello, hex, message, text } from "../src/cbor.ts";
import { ignored } from "../src/ignored.ts";
import { row, rowsEnd } from "../src/row.ts";

type Answer = Parameters<typeof callsProtocol.server.encodeInto>[0];

/** A client of a server that the test plays. */
interface Scene extends AsyncDisposable {
  readonly client: ClientOf<typeof callsProtocol>;
  readonly peer: ScriptedPeer;
  /** The next call that the client makes. */
  readonly called: () => Promise<number>;
  /** Sends messages of the call named `name`. */
  readonly say: (name: string, ...messages: readonly Answer[]) => Promise<boolean>;
  /** The `$error`s that the client has answered. */
  readonly errors: () => readonly string[];
}

const unsigned = (value: number): Uint8Array => head("unsigned", value);
const SLOTS = [text("maxCalls"), unsigned(8), text("maxStreams"), unsigned(8)];

async function scene(): Promise<Scene> {
  const listener = new ScriptedListener();
  const connecting = connect(callsProtocol, { port: listener.port, reconnect: false }, ignored);
  const peer = await listener.accept();
  await peer.send(hello(SLOTS));
  const client = await connecting;
  const decode = (payload: Uint8Array) =>
    callsProtocol.client.decodeIncoming(payload, 0, payload.length, undefined, () => "sum");
  return {
    client,
    peer,
    async called() {
      const payload = await peer.next((candidate) => decode(candidate).type === "$call");
      const call = decode(payload);
      return call.type === "$call" ? call.id : 0;
    },
    say(name, ...messages) {
      const writer = new ByteWriter();
      for (const each of messages) {
        if (each.type === "$item" || each.type === "$result") {
          callsProtocol.server.encodeCallInto(each, name, writer);
        } else {
          callsProtocol.server.encodeInto(each, writer);
        }
      }
      return peer.send(writer.copy());
    },
    errors: () =>
      peer.payloads.flatMap((payload) => {
        const said = decode(payload);
        return said.type === "$error" ? [`${said.code} ${said.path}`] : [];
      }),
    async [Symbol.asyncDispose]() {
      void peer.ended.then(() => peer.shutdown());
      await client.close();
      listener[Symbol.dispose]();
    },
  };
}

/** A call of `echo` still gets its answer. */
async function goesOn({ client, called, say }: Scene): Promise<void> {
  const answer = client.call.echo(5);
  await say("echo", { type: "$result", id: await called(), output: 5 });
  expect(await within(answer, () => "no answer came")).toBe(5);
}

const OTHERS = Array.from({ length: 5 }, () => "schema-mismatch /id");

describe("a client whose server answers badly", () => {
  row("K17 results twice, items behind a result, and what a call has no part for", async () => {
    await using at = await scene();
    const { client, called, say } = at;
    const answer = client.call.echo(1);
    const id = await called();
    await say(
      "echo",
      { type: "$result", id, output: 1 },
      { type: "$result", id, output: 2 },
      { type: "$credit", id, bytes: 5 },
    );
    await say("count", { type: "$item", id, item: 1 });
    expect(await answer).toBe(1);
    const stream = client.call.count(5);
    const items: number[] = [];
    const reading = (async () => {
      for await (const item of stream) items.push(item);
    })();
    const streamId = await called();
    await say(
      "count",
      { type: "$item", id: streamId, item: 1 },
      { type: "$result", id: streamId },
      { type: "$item", id: streamId, item: 2 },
      { type: "$result", id: streamId },
    );
    await reading;
    expect(items).toEqual([1]);
    const refused = client.try.echo(2);
    await say("count", { type: "$item", id: await called(), item: 1 });
    expect(await refused).toMatchObject({ error: { code: "invalid-answer", ran: "yes" } });
    await goesOn(at);
    expect(at.errors()).toEqual([]);
  });

  row("K17 results, items and credit of calls that were never made", async () => {
    await using at = await scene();
    await goesOn(at);
    for (const id of [98, 99]) {
      await at.say("echo", { type: "$result", id, output: 1 }, { type: "$credit", id, bytes: 1 });
    }
    await at.say("count", { type: "$item", id: -1, item: 1 });
    await goesOn(at);
    expect(at.errors()).toEqual(OTHERS);
  });

  row("K17 codes that are not declared, and data that does not fit", async () => {
    await using at = await scene();
    const { client, called, peer } = at;
    const failed = (id: number, code: string, ...more: readonly Uint8Array[]): Uint8Array => {
      const error = message(code, ...more);
      // `message` calls its first field `type`; here it is `code`.
      const text = Buffer.from(error).toString("latin1").replace("dtype", "dcode");
      return frame(
        message(
          "$result",
          hex("62 6964"),
          unsigned(id),
          hex("65 6572726f72"),
          Buffer.from(text, "latin1"),
        ),
      );
    };
    const sentence = [text("message"), text("why\n\u001b[2J")];
    const unknown = client.try.fail("newer");
    await peer.send(failed(await called(), "newer", ...sentence, text("data"), unsigned(5)));
    const outcome = await unknown;
    expect(outcome).toMatchObject({ error: { code: "newer", ran: "yes", data: undefined } });
    if (!outcome.ok) expect(outcome.error.message).not.toMatch(/\p{Cc}/u);
    for (const data of [unsigned(5), message("x"), text("why")]) {
      const unfit = client.try.fail("declared");
      await peer.send(failed(await called(), "declared", ...sentence, text("data"), data));
      expect(await unfit).toMatchObject({ error: { code: "invalid-answer", ran: "yes" } });
    }
    for (const bad of [unsigned(1), hex("f6"), hex("80"), hex("a0")]) {
      const broken = client.try.echo(1);
      const id = await called();
      await peer.send(frame(message("$result", text("id"), unsigned(id), text("error"), bad)));
      expect(await broken).toMatchObject({ error: { code: "invalid-answer", ran: "yes" } });
    }
    await goesOn(at);
    expect(at.errors()).toEqual([]);
  });

  row("K17 items beyond the credit end that call alone", async () => {
    await using at = await scene();
    const { client, called, say } = at;
    const stream = client.try.pour();
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    const id = await called();
    const item = { type: "$item", id, item: new Uint8Array(40_000) } as const;
    await say("pour", item);
    expect((await first).done).toBe(false);
    await say("pour", item, item, item, item);
    expect(await stream.output).toMatchObject({
      error: { code: "item-beyond-credit", ran: "yes" },
    });
    await goesOn(at);
  });

  row("K17 credit of nothing, below nothing, and beyond all numbers", async () => {
    await using at = await scene();
    const { client, called, say, peer } = at;
    let pulled = 0;
    const numbers = function* () {
      for (; pulled < 20_000; pulled += 1) yield 1;
    };
    const answer = client.call.sum(numbers());
    const id = await called();
    for (const bytes of ["00", "20", "f97e00", "1b ffffffffffffffff"]) {
      await peer.send(
        frame(message("$credit", text("id"), unsigned(id), text("bytes"), hex(bytes))),
      );
    }
    await goesOn(at);
    expect(pulled).toBeLessThan(4_000);
    expect(at.errors()).toEqual(Array.from({ length: 4 }, () => "schema-mismatch /bytes"));
    const most = { type: "$credit", id, bytes: Number.MAX_SAFE_INTEGER } as const;
    await say("sum", most, most, most);
    await goesOn(at);
    await within(
      (async () => {
        while (pulled < 20_000) await Bun.sleep(5);
      })(),
      () => `only ${pulled} items were sent`,
    );
    await say("sum", { type: "$result", id, output: 7 });
    expect(await answer).toBe(7);
  });

  row("K17 a drain said at once, and again and again", async () => {
    using listener = new ScriptedListener();
    await using client = await (async () => {
      const connecting = connect(
        callsProtocol,
        { port: listener.port, reconnect: { initialDelayMs: 50, maxDelayMs: 100 } },
        ignored,
      );
      void (async () => {
        for (;;) {
          const peer = await listener.accept();
          void peer.ended.then(() => peer.shutdown());
          await peer.send(hello(SLOTS));
          await peer.send(frame(message("$drain", text("retryAfterMs"), unsigned(0))));
        }
      })().catch(() => {});
      return connecting;
    })();
    await Bun.sleep(300);
    expect(listener.dials).toBeGreaterThan(1);
    // Not faster than the backoff.
    expect(listener.dials).toBeLessThan(20);
    const call = client.try.echo(1, { timeoutMs: 200 });
    expect(await call).toMatchObject({ ok: false });
  });

  rowsEnd("K");
});
