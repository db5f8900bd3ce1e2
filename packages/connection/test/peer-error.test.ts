// Codes that concern one side alone stay there.

import { describe, expect, test } from "bun:test";

import { type LocalErrorCode, TypewireError } from "@typewire/protocol";

import { createEndpoint, LiveConnection } from "../src/index.ts";
import { toPeerError } from "../src/close-reason.ts";
import { fromClient, heardByClient, openSocket, talk, turn } from "./talk.ts";

/** All of them: the compiler asks for a new one here. */
const localCodes = Object.keys({
  "protocol-invalid": true,
  "option-invalid": true,
  "connect-failed": true,
  "connect-timeout": true,
  "tls-failed": true,
  "listen-failed": true,
  "connection-closed": true,
  "queue-full": true,
  "deadline-exceeded": true,
  "topic-invalid": true,
  "topic-limit": true,
} satisfies Record<LocalErrorCode, true>) as LocalErrorCode[];

describe("toPeerError", () => {
  test("tells code, one line and path of what is the peer's affair", () => {
    const error = new TypewireError("schema-mismatch", "expected\nstring", { path: "/text" });
    expect(toPeerError(error)).toMatchObject({ code: "schema-mismatch", path: "/text" });
    expect(toPeerError(error).message).not.toContain("\n");
  });

  test.each(localCodes)(
    "tells internal for %s, and nothing of the sentence or the path",
    (code) => {
      const error = new TypewireError(code, "Cannot read /etc/secret", { path: "/etc" });
      const told = toPeerError(error);
      expect(told).toMatchObject({ type: "$error", code: "internal" });
      expect(JSON.stringify(told)).not.toContain("etc");
    },
  );
});

test.each(localCodes)(
  "a connection that fails with %s while it reads tells internal",
  async (code) => {
    const endpoint = createEndpoint(talk, "server", {}, {});
    const incoming = Object.create(endpoint.incoming, {
      decodeIncoming: {
        value: () => {
          throw new TypewireError(code, "Cannot read /etc/secret");
        },
      },
    }) as typeof endpoint.incoming;
    const connection = new LiveConnection({ ...endpoint, incoming }, "peer");
    const socket = openSocket(connection);
    connection.receive(fromClient({ type: "ask", text: "x" }));
    await turn();
    const errors = heardByClient(socket).filter(({ type }) => type === "$error");
    expect(errors).toMatchObject([{ code: "internal" }]);
    expect(JSON.stringify(errors)).not.toContain("etc");
    expect(connection.closeReason).toMatchObject({ code, origin: "local" });
  },
);
