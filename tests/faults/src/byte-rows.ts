// Rows that are nothing but bytes: what is sent, and what the server has to say to it.

import { expect } from "bun:test";

import type { CloseCode } from "@typewire/connection";
import { type Cutter, pickSeed } from "@typewire/testkit";

import type { Arena } from "./arena.ts";
import { Offender, waysToSend } from "./offender.ts";
import { row } from "./row.ts";
import { until } from "./until.ts";

export interface ByteRow {
  /** The row's id, and what is wrong with the bytes. */
  readonly name: string;
  /** Sent after the server's `$hello`. */
  readonly bytes: Uint8Array;
  /** `$error` with this code, which also ends the connection and stands in the log. */
  readonly fatal?: CloseCode;
  /** `$error` with this code; the connection stays. */
  readonly forgiven?: "schema-mismatch" | "unknown-type";
  /** Where in the message, if the `$error` has to say so. */
  readonly path?: string;
  /** The refusal names the message's type, which is the peer's own word; at most 64 characters of it. */
  readonly quotesType?: true;
  /** What its `said` has to say to everybody else, when it is no offence at all. */
  readonly said?: string;
}

/** Registers each row: sent three ways by three offenders, with the oracle around it. */
export function byteRows(arena: () => Arena, rows: readonly ByteRow[]): void {
  for (const each of rows) {
    row(each.name, () =>
      arena().withstand(async () => {
        for (const [way, cut] of waysToSend(pickSeed())) {
          try {
            await send(arena(), each, cut);
          } catch (error) {
            throw new Error(`${each.name}, ${way}`, { cause: error });
          }
        }
      }),
    );
  }
}

async function send(arena: Arena, { bytes, fatal, ...each }: ByteRow, cut: Cutter): Promise<void> {
  using offender = await Offender.connect(arena.port);
  using witness = await Offender.connect(arena.port);
  await offender.peer.send(bytes, cut);
  if (fatal !== undefined) {
    expect(await offender.refusal()).toMatchObject({ code: fatal });
    await offender.leave();
    await expectOneReason(arena, offender.name, fatal);
  } else {
    if (each.forgiven !== undefined) {
      const refusal = await offender.refusal();
      expect(refusal).toMatchObject({
        code: each.forgiven,
        ...(each.path !== undefined && { path: each.path }),
      });
      // No reply carries a megabyte back.
      expect(refusal.message.length).toBeLessThan(1000);
    }
    if (each.said !== undefined) {
      expect(await witness.heardFrom(offender.name)).toBe(each.said);
    }
    // Still served.
    await offender.say("afterwards");
    expect(await witness.heardFrom(offender.name)).toBe("afterwards");
    await offender.leave();
    await expectOneReason(arena, offender.name, "peer-closed");
  }
  if (each.quotesType !== true) expectNoPayload(arena, offender.name, bytes);
  await witness.leave();
}

/** The log has one end of this connection, for this reason, and says it in a sentence. */
export async function expectOneReason(arena: Arena, name: string, code: CloseCode): Promise<void> {
  await arena.log.endOf(name);
  const codes = (): unknown => arena.log.endsOf(name).map((end) => end.code);
  // Ports come again: what was read may be the end of an earlier connection from this one.
  const isSo = (): boolean => Bun.deepEquals(codes(), [code]);
  await until(isSo, "one end").catch(() => expect(codes()).toEqual([code]));
  const ends = arena.log.endsOf(name);
  expect(ends[0]?.reason).toMatch(/^[^\p{Cc}]{10,400}$/u);
}

/** Longest piece of what was sent that a line of the log may quote: a header's ten bytes. */
const MOST_QUOTED = 12;

function expectNoPayload(arena: Arena, name: string, bytes: Uint8Array): void {
  const sent = Buffer.from(bytes.subarray(0, 65_536)).toString("latin1");
  for (const line of arena.log.lines) {
    if (line.connection !== name) continue;
    const reason = line.reason ?? "";
    for (let start = 0; start + MOST_QUOTED < reason.length; start += 1) {
      const quoted = reason.slice(start, start + MOST_QUOTED);
      if (sent.includes(quoted)) throw new Error(`The log quotes "${quoted}": ${reason}`);
    }
  }
}
