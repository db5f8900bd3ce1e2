import { describe, expect, test } from "bun:test";
import { parseAddress } from "../src/index.ts";

const fallback = { hostname: "127.0.0.1", port: 8080 };

describe("parseAddress", () => {
  test.each([
    ["example.org:9000", "example.org", 9000],
    ["localhost", "localhost", 8080],
    ["192.168.0.1", "192.168.0.1", 8080],
    [":9000", "127.0.0.1", 9000],
    ["9000", "127.0.0.1", 9000],
    ["[::1]:9000", "::1", 9000],
    ["[::1]", "::1", 8080],
    ["[fe80::1%eth0]:9000", "fe80::1%eth0", 9000],
    ["h:1", "h", 1],
    ["h:65535", "h", 65_535],
  ])("reads %s", (text, hostname, port) => {
    expect(parseAddress(text, fallback)).toEqual({ hostname, port });
  });

  test.each([
    "",
    "::1",
    "::1:9000",
    "h:0",
    "h:65536",
    "99999",
    "h:80:80",
    "h:abc",
    "http://h:80",
    "user@h:80",
    "h 80",
    "[h]:80",
    "[::1",
  ])("refuses %j", (text) => {
    expect(parseAddress(text, fallback)).toBeUndefined();
  });
});
