import { expect, setDefaultTimeout, test } from "bun:test";

import { run } from "./example.ts";

setDefaultTimeout(30_000);

test("an observed server has prom-client's metrics and ours in one scrape, a page and probes", async () => {
  await using server = run("observed/server.ts", 0);
  const [, port = ""] = await server.stdout.line(/^Clients on 127\.0\.0\.1:(\d+)$/);
  const [, admin = ""] = await server.stdout.line(/^Admin on (\S+)$/);
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: Number(port),
    socket: { data() {}, open: (it) => void it.write("no frame of ours") },
  });
  const scrape = async (): Promise<string> => await (await fetch(`http://${admin}/metrics`)).text();
  let text = await scrape();
  for (
    let turn = 0;
    turn < 100 && !text.includes('closed_total{code="header-invalid"} 1');
    turn += 1
  ) {
    await Bun.sleep(20);
    text = await scrape();
  }
  socket.end();
  expect(text).toContain('echo_connections_closed_total{code="header-invalid"} 1');
  expect(text).toContain('typewire_connections_closed_total{code="header-invalid"} 1');
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
  expect(families.length).toBe(new Set(families).size);
  expect((await fetch(`http://${admin}/`)).headers.get("content-type")).toContain("text/html");
  expect((await fetch(`http://${admin}/readyz`)).status).toBe(200);
});
