// The model's judgement, without a network: what each of its rules finds.

import { describe, expect, test } from "bun:test";

import { judge, ranges } from "../src/model/arrived.ts";
import { ClientRecord } from "../src/model/client-record.ts";
import { ServerRecord } from "../src/model/server-record.ts";

const HELLO_BYTES = 100;
const ITEM_BYTES = 10;

/** A connection of which the socket took so many items. */
function carry(record: ClientRecord, numbers: readonly number[], takenCount: number): void {
  const stream = { queuedBytes: HELLO_BYTES, stats: { bytesSent: 0 } };
  record.opened(stream);
  for (const number of numbers) {
    stream.queuedBytes += ITEM_BYTES;
    record.sentOn(stream, number, ITEM_BYTES);
  }
  stream.stats.bytesSent = HELLO_BYTES + takenCount * ITEM_BYTES;
  record.closed(stream);
}

interface Story {
  readonly isResending?: boolean;
  /** For each connection the items it carried, and how many its socket took. */
  readonly connections: readonly (readonly [numbers: readonly number[], taken: number])[];
  readonly received: readonly number[];
  readonly undelivered?: readonly number[];
  readonly flippedBits?: number;
  readonly hasEndedInOrder?: boolean;
}

function faultsOf(story: Story): readonly string[] {
  const record = new ClientRecord({ isResending: story.isResending ?? false });
  for (const [numbers, taken] of story.connections) carry(record, numbers, taken);
  record.sent = Math.max(...story.connections.flatMap(([numbers]) => numbers)) + 1;
  record.received.push(...story.received);
  record.undelivered.push(...(story.undelivered ?? []));
  const { flippedBits = 0, hasEndedInOrder = false } = story;
  return record.verify({ flippedBits, hasEndedInOrder });
}

describe("ClientRecord", () => {
  test("finds nothing wrong with a beginning received and an end reported", () => {
    const connections = [[[0, 1, 2, 3], 3]] as const;
    expect(faultsOf({ connections, received: [0, 1], undelivered: [3] })).toEqual([]);
  });

  test("finds nothing wrong with an end that the next connection begins with", () => {
    const connections = [
      [[0, 1, 2], 1],
      [[1, 2, 3], 3],
    ] as const;
    expect(faultsOf({ isResending: true, connections, received: [0, 1, 2, 3] })).toEqual([]);
  });

  const once = [[[0, 1, 2], 2]] as const;
  test.each<[what: string, story: Story, fault: string]>([
    [
      "an end that no observer reports",
      { connections: once, received: [0, 1] },
      "reported none undelivered, but 2 had not left",
    ],
    [
      "a report of what the socket had taken",
      { connections: once, received: [0, 1], undelivered: [1, 2] },
      "reported 1-2 undelivered, but 2 had not left",
    ],
    [
      "a report in another order",
      { connections: [[[0, 1, 2], 1]], received: [0], undelivered: [2, 1] },
      "reported 2 1 undelivered, but 1-2 had not left",
    ],
    [
      "one received twice",
      { connections: once, received: [0, 1, 1], undelivered: [2] },
      "received 1 more than once",
    ],
    [
      "one received after a later one",
      { connections: once, received: [1, 0], undelivered: [2] },
      "received 0 after later ones",
    ],
    [
      "one received though it had not left",
      { connections: once, received: [0, 1, 2], undelivered: [2] },
      "received 2, which never left whole",
    ],
    [
      "one missing in the middle",
      { connections: [[[0, 1, 2], 3]], received: [0, 2] },
      "1 missing among received, 0 bits flipped",
    ],
    [
      "the end missing on a line that did not break",
      { connections: [[[0, 1, 2], 3]], received: [0, 1], hasEndedInOrder: true },
      "lost 2 in silence",
    ],
    [
      "one sent again that the socket had taken",
      {
        isResending: true,
        connections: [
          [[0, 1], 1],
          [[0, 1], 2],
        ],
        received: [0, 1],
      },
      "sent 0 again, though the socket had it",
    ],
    [
      "what was kept sent again in another order",
      {
        isResending: true,
        connections: [
          [[0, 1], 0],
          [[1, 0], 2],
        ],
        received: [1, 0],
      },
      "connection 1 begins with 1 0, kept was 0-1",
    ],
    [
      "what was kept and never sent again",
      {
        isResending: true,
        connections: [
          [[0, 1], 1],
          [[2], 1],
        ],
        received: [0, 2],
      },
      "connection 1 begins with 2, kept was 1",
    ],
  ])("finds %s", (_, story, fault) => {
    expect(faultsOf(story).join("; ")).toContain(fault);
  });

  test("allows for each flipped bit one missing in the middle", () => {
    const connections = [[[0, 1, 2, 3], 4]] as const;
    expect(faultsOf({ connections, received: [0, 3], flippedBits: 2 })).toEqual([]);
    expect(faultsOf({ connections, received: [0, 3], flippedBits: 1 })).toHaveLength(1);
  });
});

describe("ServerRecord", () => {
  const verdictOn = (flow: Partial<ReturnType<ServerRecord["flow"]>>, endedInOrder?: number) => {
    const record = new ServerRecord();
    Object.assign(record.flow(7), flow);
    return record.verify({ flippedBits: 0, endedInOrder });
  };

  test("claims nothing for a server that was killed but the order of what arrived", () => {
    expect(verdictOn({ sent: 2, received: [0, 1, 2] })).toEqual([]);
    expect(verdictOn({ sent: 2, received: [0, 2] })).toHaveLength(1);
  });

  test("finds an end that no observer reports, and one lost on a line that did not break", () => {
    const [unreported] = verdictOn({ sent: 3, received: [0], taken: 2 });
    expect(unreported).toBe("server, flow 7: reported none undelivered, but 2 had not left");
    expect(verdictOn({ sent: 3, received: [0], taken: 3 })).toEqual([]);
    const [lost] = verdictOn({ sent: 3, received: [0], taken: 3 }, 7);
    expect(lost).toContain("lost 1-2 in silence");
  });
});

describe("judge", () => {
  test("says where what arrived stopped only if it had to arrive", () => {
    expect(judge([0, 1, 2], [0], false)).toEqual({ faults: [], gaps: 0 });
    expect(judge([0, 1, 2], [0], true).faults).toHaveLength(1);
  });
});

test("ranges says runs of numbers in short", () => {
  expect(ranges([3, 4, 5, 9, 8])).toBe("3-5 9 8");
  expect(ranges([])).toBe("none");
});
