// Ends with 0 when something listens on the TCP port given as the first argument, with 1 when
// nothing does within 20 seconds. `bun run dev` holds the client back with it until the server
// listens. It looks without connecting where the kernel lists its sockets (Linux), so that the
// server's log shows real clients only; elsewhere it connects once and leaves.
import { existsSync, readFileSync } from "node:fs";

const POLL_INTERVAL_MS = 25;
const DEADLINE_MS = 20_000;
const KERNEL_TABLES = ["/proc/net/tcp", "/proc/net/tcp6"].filter((path) => existsSync(path));

function isInKernelTable(port: number): boolean {
  const localPort = port.toString(16).toUpperCase().padStart(4, "0");
  // "  0: 0100007F:1F90 00000000:0000 0A …": local address, remote address, state; 0A is LISTEN.
  const listening = new RegExp(`:${localPort} [0-9A-F]+:0000 0A `);
  return KERNEL_TABLES.some((path) => listening.test(readFileSync(path, "latin1")));
}

async function takesConnections(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    socket.terminate();
    return true;
  } catch {
    return false;
  }
}

const port = Number(process.argv[2]);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`wait-for-listener: expected a port from 1 to 65535, got ${process.argv[2]}`);
  process.exit(2);
}
const deadline = performance.now() + DEADLINE_MS;
while (!(KERNEL_TABLES.length > 0 ? isInKernelTable(port) : await takesConnections(port))) {
  if (performance.now() > deadline) {
    console.error(
      `wait-for-listener: nothing listens on port ${port} after ${DEADLINE_MS / 1000} s`,
    );
    process.exit(1);
  }
  await Bun.sleep(POLL_INTERVAL_MS);
}
