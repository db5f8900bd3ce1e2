// What the servers of the bus rows and their clients share.

import { defineProtocol, Type } from "@typewire/protocol";

const said = Type.Object({
  /** The process that has published it. */
  by: Type.String(),
  /** From 1 on, without gaps. */
  number: Type.Integer(),
  padding: Type.String(),
});

/** Each server publishes what it says to the topic `room`, which every client hears. */
export const rooms = defineProtocol({ name: "rooms", version: 1, server: { said }, client: {} });

/** The topic. */
export const ROOM = "room";
