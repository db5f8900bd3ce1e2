import { describe, expect, test } from "bun:test";
import { isIP } from "node:net";

import { isLoopback, resolveHost } from "../src/host.ts";

describe("resolveHost", () => {
  test("leaves addresses as they are", async () => {
    expect(await resolveHost("127.0.0.1", 80)).toBe("127.0.0.1");
    expect(await resolveHost("::1", 80)).toBe("::1");
  });

  test("prefers the IPv4 address of a name", async () => {
    expect(await resolveHost("localhost", 80)).toBe("127.0.0.1");
  });

  test("takes auto for the address of this machine's own name", async () => {
    expect(isIP(await resolveHost("auto", 80))).not.toBe(0);
  });

  test("refuses a name without an address, naming it", async () => {
    const error: unknown = await resolveHost("no-such-host.invalid", 80).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({
      code: "listen-failed",
      message: "Cannot listen on no-such-host.invalid:80: the name has no address (ENOTFOUND)",
    });
  });
});

describe("isLoopback", () => {
  test.each(["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])("is true for %s", (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  test.each(["0.0.0.0", "::", "192.168.1.1", "128.0.0.1", "fe80::1"])(
    "is false for %s",
    (address) => {
      expect(isLoopback(address)).toBe(false);
    },
  );
});
