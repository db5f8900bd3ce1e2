// The reference protocol: the conversation of the tutorial that Typewire grew from.

import { Type } from "@sinclair/typebox";

import { defineProtocol, type MessageOf } from "./define-protocol.ts";

/** A server that welcomes, greets at an interval, and passes on what clients say. */
export const saludo = defineProtocol({
  name: "saludo",
  version: 1,
  server: {
    welcome: Type.Object({ text: Type.String() }),
    greeting: Type.Object({ words: Type.Record(Type.Integer(), Type.String()) }),
    said: Type.Object({ from: Type.String(), text: Type.String(), at: Type.Date() }),
  },
  client: {
    say: Type.Object({ text: Type.String({ minLength: 1, maxLength: 4096 }) }),
  },
});

export type SaludoServerMessage = MessageOf<typeof saludo, "server">;
export type SaludoClientMessage = MessageOf<typeof saludo, "client">;
