// A handler that sends more in one loop than the kernel takes, over TCP: the peer reads as fast as it can.

import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { defineProtocol } from "@typewire/protocol";

import { connect, serve } from "../src/index.ts";

const table = defineProtocol({
  name: "table",
  version: 1,
  server: { row: Type.Object({ id: Type.Integer(), text: Type.String() }), end: Type.Object({}) },
  client: { query: Type.Object({ rows: Type.Integer() }) },
});

test("200 000 rows sent in one turn arrive, all and in order, beside other messages", async () => {
  const rows = 200_000;
  const text = "x".repeat(80);
  const undelivered: string[] = [];
  await using server = serve(
    table,
    {
      port: 0,
      onUndelivered: (_, messages, { code }) => void undelivered.push(`${messages.length} ${code}`),
    },
    {
      query({ rows }, connection) {
        for (let id = 0; id < rows; id += 1) connection.send({ type: "row", id, text });
      },
    },
  );
  const timer = setInterval(() => server.broadcast({ type: "end" }), 5);
  const done = Promise.withResolvers<void>();
  let next = 0;
  await using client = await connect(
    table,
    {
      port: server.port,
      reconnect: false,
      onClose: (_, { code }) => done.reject(new Error(`closed after ${next} rows: ${code}`)),
    },
    {
      row({ id }) {
        if (id !== next) done.reject(new Error(`row ${id} in the place of ${next}`));
        next += 1;
        if (next === rows) done.resolve();
      },
    },
  );
  client.send({ type: "query", rows });
  await done.promise.finally(() => clearInterval(timer));
  expect(next).toBe(rows);
  expect(undelivered).toEqual([]);
}, 30_000);
