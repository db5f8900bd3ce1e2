import { describe, expect, test } from "bun:test";

import { endInOwnWords } from "../src/index.ts";

describe("endInOwnWords", () => {
  test.each([
    ["peer-closed", "peer", "The peer said goodbye: hola: x", "The peer said goodbye"],
    ["peer-closed", "peer", "The peer said goodbye: \n: hola", "The peer said goodbye"],
    ["peer-closed", "peer", "The peer closed the connection", "The peer closed the connection"],
    ["internal", "peer", "The peer reported internal: hola", "The peer reported internal"],
    [
      "auth-required",
      "peer",
      "The peer did not prove the shared secret, and reported hola: hola",
      "The peer did not prove the shared secret",
    ],
    [
      "protocol-mismatch",
      "local",
      "Cannot talk: this side speaks saludo 1, the peer hola 2",
      "The peer speaks another protocol, or another version of it",
    ],
    [
      "hello-required",
      "local",
      'Cannot talk: expected $hello first, got "hola"',
      "The peer did not say $hello first",
    ],
    [
      "auth-required",
      "local",
      'Cannot authenticate: expected $hello of a peer with the shared secret, got "hola"',
      "The peer did not prove the shared secret",
    ],
  ] as const)("repeats nothing of an end with %s of origin %s", (code, origin, message, words) => {
    expect(endInOwnWords({ code, origin, message })).toBe(words);
  });

  test.each([
    ["slow-consumer", "local", "The peer does not keep up: 9 bytes wait for it, limit 8"],
    ["connection-reset", "transport", "The connection was lost"],
    ["done", "local", "This side closed the connection: done"],
  ] as const)(
    "leaves the sentence of %s, which is this side's, as it is",
    (code, origin, message) => {
      expect(endInOwnWords({ code, origin, message })).toBe(message);
    },
  );
});
