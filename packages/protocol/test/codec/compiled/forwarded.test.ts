// That payloads which are passed on have decoders made, as those that are decoded have.

import { expect, test } from "bun:test";

import { defaultLimits, defineProtocol, Type } from "../../../src/index.ts";
import { assertForwardable, generatedCode } from "../../../src/internal.ts";

test("assertForwardable has a decoder made of a message that passes often", async () => {
  const { server } = defineProtocol({
    name: "forwarded",
    version: 1,
    server: { plain: Type.Object({ text: Type.String() }) },
    client: {},
  });
  const payload = server.encode({ type: "plain", text: "hola" });
  for (let count = 0; count < 100; count += 1) {
    assertForwardable(server, payload, 0, payload.length, defaultLimits);
    // Code is made once in a turn.
    await Promise.resolve();
  }
  const [plain] = generatedCode(server).messages;
  expect(plain).toMatchObject({ name: "plain", decode: { state: "compiled" } });
});
