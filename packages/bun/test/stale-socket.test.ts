// Unix sockets that are real, of this process, of Python's, and of processes that were killed.

import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import { outsideTool } from "@typewire/testkit";

import { listen } from "../src/listen.ts";
import { identityOf, removeOnly } from "../src/socket-file.ts";
import { removeStaleSocket } from "../src/stale-socket.ts";

const python = outsideTool("python");
const folder = mkdtempSync(join(tmpdir(), "typewire-stale-"));
afterAll(() => rmSync(folder, { recursive: true }));

let sockets = 0;
const newPath = (): string => {
  sockets += 1;
  return join(folder, `s${sockets}`);
};

const listenAt = (unix: string) => listen({ unix }, () => undefined, { reservedFrom: Infinity });
const inodeOf = (path: string): number => lstatSync(path).ino;

/** The file of a server that was killed. */
async function stale(): Promise<string> {
  const path = newPath();
  const script = `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); console.log("up");`;
  const server = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  await server.stdout.getReader().read();
  server.kill("SIGKILL");
  await server.exited;
  expect(existsSync(path)).toBe(true);
  return path;
}

/** Bun's sockets have neither datagrams nor a backlog of one. */
async function withPython(script: string, use: () => Promise<void>): Promise<void> {
  const child = Bun.spawn([python ?? "", "-c", `import socket, time\n${script}\ntime.sleep(60)`], {
    stdout: "pipe",
  });
  try {
    await child.stdout.getReader().read();
    await use();
  } finally {
    child.kill();
    await child.exited;
  }
}

describe("removeStaleSocket", () => {
  test("removes what a killed server has left, also where two ask at once", async () => {
    const path = await stale();
    const removed = await Promise.all([removeStaleSocket(path), removeStaleSocket(path)]);
    expect(removed.filter((isRemoved) => isRemoved)).toHaveLength(1);
    expect(existsSync(path)).toBe(false);
  });

  test("leaves a socket that answers, and says so", async () => {
    const path = newPath();
    const listening = listenAt(path);
    expect(await removeStaleSocket(path)).toBe(false);
    expect(existsSync(path)).toBe(true);
    listening.stop();
  });

  test("leaves a server that has taken the place of the dead one meanwhile", async () => {
    const path = await stale();
    const removing = removeStaleSocket(path);
    unlinkSync(path);
    const listening = listenAt(path);
    const inode = inodeOf(path);
    expect(await removing).toBe(false);
    expect(inodeOf(path)).toBe(inode);
    listening.stop();
    expect(existsSync(path)).toBe(false);
  });

  test.skipIf(python === undefined)("leaves a live server whose backlog is full", async () => {
    const path = newPath();
    const script = `
server = socket.socket(socket.AF_UNIX)
server.bind(${JSON.stringify(path)})
server.listen(0)
clients = [socket.socket(socket.AF_UNIX) for _ in range(4)]
for client in clients:
    client.setblocking(False)
    client.connect_ex(${JSON.stringify(path)})
print("up", flush=True)`;
    await withPython(script, async () => {
      expect(await removeStaleSocket(path)).toBe(false);
      expect(existsSync(path)).toBe(true);
    });
  });

  test.skipIf(python === undefined)("leaves a datagram socket", async () => {
    const path = newPath();
    const script = `
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(${JSON.stringify(path)})
print("up", flush=True)`;
    await withPython(script, async () => {
      expect(await removeStaleSocket(path)).toBe(false);
      expect(existsSync(path)).toBe(true);
    });
  });
});

describe("two starts over the file of a killed server", () => {
  test("end with one that listens, and clients that reach it", async () => {
    for (let round = 0; round < 5; round += 1) {
      const path = await stale();
      const starts = Array.from({ length: 4 }, async () => {
        await removeStaleSocket(path);
        return listenAt(path);
      });
      const started = (await Promise.allSettled(starts)).flatMap((start) =>
        start.status === "fulfilled" ? [start.value] : [],
      );
      expect(started).toHaveLength(1);
      const client = await Bun.connect({ unix: path, socket: { data() {} } });
      client.terminate();
      started[0]?.stop();
      expect(existsSync(path)).toBe(false);
    }
  });

  test("give a server its file back that was taken for the dead one's", async () => {
    const path = await stale();
    const dead = identityOf(path) ?? "";
    const left = () => readdirSync(folder).filter((name) => name.startsWith(basename(path)));
    unlinkSync(path);
    const listening = listenAt(path);
    expect(removeOnly(path, dead)).toBe(false);
    const client = await Bun.connect({ unix: path, socket: { data() {} } });
    client.terminate();
    expect(left()).toEqual([basename(path)]);
    listening.stop();
    expect(left()).toEqual([]);
  });
});

describe("Listening.stop on a Unix socket", () => {
  test("leaves the file of the server that listens there now", async () => {
    const path = newPath();
    const first = listenAt(path);
    unlinkSync(path);
    const second = listenAt(path);
    const inode = inodeOf(path);
    first.stop();
    first.stop();
    expect(inodeOf(path)).toBe(inode);
    const client = await Bun.connect({ unix: path, socket: { data() {} } });
    client.terminate();
    second.stop();
    expect(existsSync(path)).toBe(false);
  });
});
