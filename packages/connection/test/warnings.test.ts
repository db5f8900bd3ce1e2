// What an end says by itself where no observer asks.

import { describe, expect, test } from "bun:test";
import { type ControlMessage, defineProtocol, Type } from "@typewire/protocol";
import { FakeClock } from "@typewire/testkit";

import { createEndpoint, LiveConnection, type Observer } from "../src/index.ts";
import {
  clientHello,
  type FromClient,
  fromClient,
  type FromServer,
  openSocket,
  talk,
} from "./talk.ts";

const refusal = { type: "$error", code: "schema-mismatch", message: "no" } as const;

function warning(...observers: Observer[]) {
  const warnings: string[] = [];
  const clock = new FakeClock();
  const warn = (sentence: string): void => void warnings.push(sentence);
  const endpoint = createEndpoint(
    talk,
    "server",
    { ask() {}, upload() {} },
    { clock, observers, warn },
  );
  const connect = (...messages: (FromClient | ControlMessage)[]) => {
    const connection = new LiveConnection(endpoint, "peer");
    openSocket(connection);
    connection.receive(fromClient(clientHello, ...messages));
    return connection;
  };
  /** A message that is none of the protocol's. */
  const sendOther = (connection: LiveConnection<FromServer, FromClient>, type: string): void => {
    const other = defineProtocol({
      name: "talk",
      version: 1,
      server: {},
      client: { [type]: Type.Object({}) },
    });
    connection.receive(other.client.encodeFrame({ type }));
  };
  return { warnings, connect, sendOther, clock, endpoint };
}

describe("an endpoint with `warn`", () => {
  test("says once a connection that the peer refuses, and counts each", () => {
    const { warnings, connect, endpoint } = warning();
    const { stats } = connect(
      { ...refusal, of: "reply", path: "/text" },
      { ...refusal, of: "picture" },
      { ...refusal },
    );
    expect(stats.messagesRefusedByPeer).toBe(3);
    expect(endpoint.stats().messagesRefusedByPeer).toBe(3);
    expect(warnings).toEqual([
      'peer refused a message of this end, "reply": schema-mismatch at /text. Have both ends the same schemas? ' +
        "`stats` counts more of this connection's in `messagesRefusedByPeer`; to be told of each give `onPeerError`",
    ]);
    connect(refusal);
    expect(warnings).toHaveLength(2);
  });

  test("keeps in its sums what an ended connection has counted", () => {
    const { connect, endpoint } = warning();
    connect({ ...refusal, of: "reply" }).destroy();
    expect(endpoint.stats().messagesRefusedByPeer).toBe(1);
  });

  test("counts no refusal of a control message, and no fatal error", () => {
    const { warnings, connect } = warning();
    expect(connect({ ...refusal, of: "$pong" }).stats.messagesRefusedByPeer).toBe(0);
    warnings.length = 0;
    const fatal = { type: "$error", code: "cbor-malformed", message: "no", of: "reply" } as const;
    expect(connect(fatal).stats.messagesRefusedByPeer).toBe(0);
    expect(warnings).toEqual([]);
  });

  test("repeats no word that a stranger chose", () => {
    const { warnings, connect, sendOther } = warning();
    const evil = "\u001b[2Jevil";
    const error = {
      type: "$error",
      code: evil,
      message: evil,
      of: evil,
      path: `/${evil}`,
    } as const;
    sendOther(connect(error), "evil");
    expect(warnings).toEqual([
      expect.stringMatching(/^peer refused a message of this end\. /),
      expect.stringMatching(/^A message of peer was refused, .*: its type is none that/),
    ]);
    expect(warnings.join()).not.toContain("evil");
  });

  test("says so ten times a minute at most, however many connections come", () => {
    const { warnings, connect, clock } = warning();
    for (let at = 0; at < 50; at += 1) connect(refusal);
    expect(warnings).toHaveLength(10);
    expect(warnings.at(-1)).toEndWith("(the last such warning for a minute)");
    clock.advance(60_000);
    connect(refusal);
    expect(warnings).toHaveLength(11);
  });

  test("warns of other schemas where a fingerprint says so", () => {
    const other = warning();
    const connection = new LiveConnection(other.endpoint, "peer");
    openSocket(connection);
    connection.receive(fromClient({ ...clientHello, fingerprint: "0123456789abcdef" }));
    expect(other.warnings).toEqual([expect.stringContaining('peer has other schemas of "talk"')]);
  });

  test("leaves to an observer what it asks for, and that alone", () => {
    const told: string[] = [];
    const { warnings, connect, sendOther } = warning({
      onPeerError: (_, { code }) => void told.push(code),
    });
    sendOther(connect(refusal), "say");
    expect(told).toEqual(["schema-mismatch"]);
    expect(warnings).toEqual([expect.stringContaining("A message of peer was refused")]);
  });
});
