import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol, type MessageOf, TypewireError } from "@typewire/protocol";
import { FakeClock } from "@typewire/testkit";

import { MAX_WAITING_BYTES, UnsentMessages } from "../src/unsent-messages.ts";

const notes = defineProtocol({
  name: "notes",
  version: 1,
  server: { note: Type.Object({ text: Type.String() }) },
  client: { note: Type.Object({ text: Type.String() }) },
});
type Note = MessageOf<typeof notes, "client">;

const lost = new TypewireError("connection-closed", "lost");
const note = (text: string): Note => ({ type: "note", text });

/** Sends into an array. */
class Connection {
  closeReason: string | undefined;
  readonly sent: string[] = [];
  /** Ends after so many messages. */
  most = Infinity;

  send({ text }: Note): boolean {
    this.sent.push(text);
    if (this.sent.length >= this.most) this.closeReason = "lost";
    return true;
  }
}

function unsent() {
  const givenUp: string[] = [];
  const tell = (_: Connection, undelivered: readonly Note[]): void => {
    givenUp.push(...undelivered.map(({ text }) => text));
  };
  const messages = new UnsentMessages(notes.client, new FakeClock(), tell);
  return { messages, givenUp, connection: new Connection() };
}

/** A message whose frame takes so many bytes, beyond 64 KiB. */
const ofFrameBytes = (bytes: number): Note => {
  const rest = 10 + notes.client.encode(note("x".repeat(70_000))).length - 70_000;
  return note("x".repeat(bytes - rest));
};

describe("UnsentMessages", () => {
  test("lets as many bytes wait as the limit, and gives the oldest up for one more", () => {
    const { messages, givenUp, connection } = unsent();
    expect(messages.wait(connection, ofFrameBytes(MAX_WAITING_BYTES / 2))).toBe(true);
    expect(messages.wait(connection, ofFrameBytes(MAX_WAITING_BYTES / 2))).toBe(true);
    expect(givenUp).toEqual([]);
    expect(messages.wait(connection, note("one more"))).toBe(false);
    expect(givenUp).toHaveLength(1);
    messages.sendOn(connection);
    expect(connection.sent.slice(1)).toEqual(["one more"]);
  });

  test("gives up a message that alone is beyond the limit, and none for it", () => {
    const { messages, givenUp, connection } = unsent();
    messages.wait(connection, note("small"));
    expect(messages.wait(connection, ofFrameBytes(MAX_WAITING_BYTES + 1))).toBe(false);
    expect(givenUp).toHaveLength(1);
    messages.sendOn(connection);
    expect(connection.sent).toEqual(["small"]);
  });

  test("goes on with the next connection where one ends amid it, in order", () => {
    const { messages, givenUp, connection } = unsent();
    messages.keep(connection, [note("kept"), note("kept too")], lost);
    for (const text of ["one", "two"]) messages.wait(connection, note(text));
    for (const most of [1, 1, 2]) {
      connection.closeReason = undefined;
      connection.most = connection.sent.length + most;
      messages.sendOn(connection);
    }
    expect(connection.sent).toEqual(["kept", "kept too", "one", "two"]);
    messages.giveUp(connection, lost);
    expect(givenUp).toEqual([]);
  });
});
