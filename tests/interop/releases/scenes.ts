// The scenes that are recorded of each release. Together they have every kind of frame, both ways: a test
// counts them. Flags stand here and nowhere else.

import { offences } from "./offences.ts";
import type { Scene } from "./stage.ts";

const executable = { player: "executable" } as const;
const library = { player: "library" } as const;

const heartbeat = (interval: string) =>
  ({ player: "executable", flags: ["--limit", `heartbeatIntervalMs=${interval}`] }) as const;
const secret = (name: string) =>
  ({ player: "executable", flags: ["--secret-file", name] }) as const;

const talks: readonly Scene[] = [
  {
    name: "one client says something to another, and the server leaves",
    server: executable,
    client: executable,
    async play(stage) {
      const server = await stage.server();
      const listening = await stage.client();
      await stage.said("server", "greeting");
      const speaking = await stage.client();
      await stage.said("server", "greeting", 1);
      speaking.type("hola a todos");
      await stage.said("server", "said");
      server.leave();
      await stage.over();
      await stage.over(1);
      await Promise.all([listening.finished, speaking.finished]);
    },
  },
  {
    name: "a client leaves",
    server: executable,
    client: executable,
    async play(stage) {
      await stage.server();
      const client = await stage.client();
      await client.printed(/Hola/);
      client.leave();
      await stage.said("client", "$bye");
      await stage.over();
    },
  },
  {
    name: "the server asks for life",
    server: heartbeat("700ms"),
    client: heartbeat("60s"),
    async play(stage) {
      const server = await stage.server();
      await stage.client();
      await stage.said("server", "$ping");
      await stage.said("client", "$pong");
      server.leave();
      await stage.over();
    },
  },
  {
    name: "the client asks for life",
    server: heartbeat("60s"),
    client: heartbeat("700ms"),
    async play(stage) {
      await stage.server();
      const client = await stage.client();
      await stage.said("client", "$ping");
      await stage.said("server", "$pong");
      client.leave();
      await stage.over();
    },
  },
  {
    name: "both have the secret",
    server: secret("SECRET_FILE"),
    client: secret("SECRET_FILE"),
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client();
      await stage.said("server", "greeting");
      client.type("hola");
      await stage.said("client", "say");
      server.leave();
      await stage.over();
    },
  },
  {
    name: "the client has another secret",
    server: secret("SECRET_FILE"),
    client: secret("OTHER_SECRET_FILE"),
    async play(stage) {
      await stage.server();
      await stage.client();
      await stage.said("server", "$error");
      await stage.over();
    },
  },
  {
    name: "the client has no secret",
    server: secret("SECRET_FILE"),
    client: executable,
    async play(stage) {
      await stage.server();
      await stage.client();
      await stage.over();
    },
  },
  {
    name: "the server has no secret",
    server: executable,
    client: secret("SECRET_FILE"),
    async play(stage) {
      await stage.server();
      await stage.client();
      await stage.over();
    },
  },
  {
    name: "the server is full",
    server: { player: "executable", flags: ["--max-connections", "1"] },
    client: executable,
    async play(stage) {
      await stage.server();
      const first = await stage.client();
      await stage.said("server", "greeting");
      await first.printed(/Hola/);
      await stage.client();
      await stage.said("server", "$error", 1);
      await stage.over(1);
      first.leave();
      await stage.over();
    },
  },
  {
    name: "a server over the library leaves and says when to come back",
    server: library,
    client: executable,
    async play(stage) {
      const server = await stage.libraryServer("leaves");
      await stage.client();
      await stage.said("client", "$hello");
      server.leave();
      await stage.said("server", "$bye");
      await stage.over();
    },
  },
  {
    name: "a server over the library fails in its handler",
    server: library,
    client: executable,
    async play(stage) {
      await stage.libraryServer("fails in its handler");
      const client = await stage.client();
      await stage.said("server", "$hello");
      client.type("hola");
      await stage.said("server", "$error");
      await stage.over();
    },
  },
  {
    name: "a client over the library leaves and says why",
    server: executable,
    client: library,
    async play(stage) {
      await stage.server();
      const client = await stage.libraryClient("leaves");
      await stage.said("server", "greeting");
      client.leave();
      await stage.said("client", "$bye");
      await stage.over();
    },
  },
  {
    name: "a client over the library fails in its handler",
    server: executable,
    client: library,
    async play(stage) {
      await stage.server();
      await stage.libraryClient("fails in its handler");
      await stage.said("client", "$error");
      await stage.over();
    },
  },
];

export const scenes: readonly Scene[] = [...talks, ...offences];
