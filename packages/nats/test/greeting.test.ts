// Whether NATS is at an address, by what it says first.

import { describe, expect, test } from "bun:test";

import { FakeClock } from "@typewire/testkit";

import { greeted } from "../src/greeting.ts";

/** What says `greeting` to who comes, at 127.0.0.1. */
const service = (greeting: string) =>
  Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: (socket) => void socket.write(greeting), data() {} },
  });

/** 127.0.0.2 is this machine too, and nothing listens there. */
const two = async () => [{ address: "127.0.0.2" }, { address: "127.0.0.1" }];

const failureOf = (asked: Promise<void>): Promise<string> =>
  asked.then(() => "it is answered", String);

describe("greeted", () => {
  test("asks at each of the addresses that a name has, as NATS's client does", async () => {
    using nats = service("INFO {}\r\n");
    const place = { hostname: "nats.example", port: nats.port };
    await greeted(place, new FakeClock(), 2000, two);
    const one = async () => (await two()).slice(0, 1);
    expect(await failureOf(greeted(place, new FakeClock(), 2000, one))).toContain("ECONNREFUSED");
    expect(await failureOf(greeted(place, new FakeClock(), 2000, async () => []))).toContain(
      "no address",
    );
  });

  test("says what is wrong where another service answers, or none says anything in time", async () => {
    using other = service("220 mail ESMTP\r\n");
    const at = (port: number) => ({ hostname: "127.0.0.1", port });
    expect(await failureOf(greeted(at(other.port), new FakeClock(), 2000))).toContain(
      "another service answers",
    );
    using silent = service("");
    const clock = new FakeClock();
    const asked = greeted(at(silent.port), clock, 2000);
    while (clock.pending === 0) await Bun.sleep(1);
    clock.advance(2000);
    expect(await failureOf(asked)).toContain("NATS does not say INFO in time");
  });
});
