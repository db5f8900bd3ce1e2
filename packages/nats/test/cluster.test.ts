// Several NATS: which of them a server is joined to, also one that it was not told of, and one that does not let it in.

import { readFileSync } from "node:fs";

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { Certificates, NatsServer, outsideTool } from "@typewire/testkit";

import { Site, until } from "./support/site.ts";

setDefaultTimeout(30_000);

describe.skipIf(outsideTool("nats-server") === undefined)("a server that knows", () => {
  test("one NATS of a cluster goes on with another when it dies, by its name in the certificate", async () => {
    using folder = new Certificates();
    const authority = folder.authority("authority");
    const { certFile, keyFile } = authority.issue("nats", { altNames: "DNS:localhost" });
    const files = `cert_file: "${certFile}", key_file: "${keyFile}"`;
    const [first, second] = await NatsServer.startCluster(2, `tls { ${files} }`);
    await using one = first;
    await using other = second;
    if (one === undefined || other === undefined) throw new Error("Expected two");
    const tls = { ca: readFileSync(authority.caFile, "utf8") };
    await using site = new Site({ servers: `localhost:${one.port}`, tls });
    await until("its line", () => site.stats.state === "up");
    await one.kill();
    await until("the other", () => site.stats.reconnects === 1);
    expect(site.events.at(-1)).toEqual({ type: "up", address: other.address });
    await other.kill();
    await until("the end of the line", () => site.stats.state === "down");
    await one.start();
    await until("the first again", () => site.stats.reconnects === 2);
  });

  test("a NATS that refuses it and one that does not is joined to that, whichever it tries first", async () => {
    await using refuses = await NatsServer.start('authorization { token: "other" }');
    await using takes = await NatsServer.start('authorization { token: "right" }');
    const servers = [refuses.address, takes.address];
    for (let round = 0; round < 4; round += 1) {
      await using site = new Site({ servers, token: "right" });
      await until("its line", () => site.events.length > 0);
      expect(site.events).toEqual([{ type: "up", address: takes.address }]);
    }
  });

  test("a NATS that refuses it and one that is away stops, and names both", async () => {
    await using refuses = await NatsServer.start('authorization { token: "other" }');
    await using away = await NatsServer.start();
    await away.kill();
    await using site = new Site({ servers: [refuses.address, away.address], token: "right" });
    await until("the end", () => site.events.length > 0);
    const [event] = site.events;
    expect(event).toMatchObject({ type: "failed" });
    const why = event?.type === "failed" ? event.why : "";
    expect(why).toContain(`at ${refuses.address}: AuthorizationError`);
    expect(why).toContain(`at ${away.address}: `);
  });

  test("a NATS that is too busy to hear who it is tries again", async () => {
    let dials = 0;
    const busy = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open(socket) {
          dials += 1;
          socket.write(
            'INFO {"server_id":"X","version":"2.9.10","proto":1,"max_payload":1048576}\r\n',
          );
        },
        data(socket) {
          socket.end("-ERR 'Authentication Timeout'\r\n");
        },
      },
    });
    try {
      await using site = new Site({ servers: `127.0.0.1:${busy.port}`, token: "right" });
      await until("another attempt", () => dials > 1);
      expect(site.events).toMatchObject([{ type: "down" }]);
    } finally {
      busy.stop(true);
    }
  });
});
