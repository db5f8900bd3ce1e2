// Strangers, in a process of their own so that they cost the tests no time: silent connections, `COUNT` of
// them. With `again`, each that the server closes is dialled again at once, without end.
//
//     bun strangers-process.ts PORT COUNT [again]
//
// Prints `ready` once all have been dialled.

const [port = "", count = "", again] = process.argv.slice(2);

async function dial(): Promise<void> {
  const socket = {
    data() {},
    error() {},
    close() {
      if (again !== undefined) setImmediate(dialAgain);
    },
  };
  await Bun.connect({ hostname: "127.0.0.1", port: Number(port), allowHalfOpen: true, socket });
}

/** The server may have reset the socket before its promise was settled. */
function dialAgain(): void {
  dial().catch(() => setImmediate(dialAgain));
}

for (let index = 0; index < Number(count); index += 1) {
  if (again === undefined) await dial().catch(() => {});
  else dialAgain();
}
console.log("ready");
