// The well-behaved clients, in a process of their own so that an attack does not hold up their clock.
// Every 100 ms one of them, each in turn, says a number; all others must hear it. Two more do the same
// through a server that is not attacked, at the same time: what that takes is the machine's price. With `calls`
// the client that says a number also makes a call; how long it takes counts as the way of a message does.
//
//     bun crowd-process.ts PORT CLIENTS CONTROL_PORT [CA_FILE [calls]]
//
// Prints `ready`, and after each line on stdin a JSON `CrowdReport` of the time since the last one.

import { connect } from "@typewire/bun";
import type { ClientOf } from "@typewire/client";
import { saludo } from "@typewire/protocol/saludo";

import { callsProtocol } from "./calls/protocol.ts";
import type { CrowdReport } from "./crowd.ts";

const INTERVAL_MS = 100;
/** Longer than any gap that is judged. */
const REPORT_DEADLINE_MS = 5000;

interface Said {
  readonly saidAtMs: number;
  /** Clients that have not heard it yet. */
  readonly missing: Set<number>;
}

/** Items of a stream, either way. */
const STREAMED = 50;

/** A call of each kind in turn. Resolves with what was wrong with what came back, if anything was. */
async function callOne(
  client: ClientOf<typeof callsProtocol>,
  number: number,
): Promise<string | undefined> {
  const numbers = Array.from({ length: STREAMED }, (_, index) => index);
  try {
    let came: number | string;
    let expected: number | string = number;
    if (number % 3 === 0) {
      came = await client.call.echo(number);
    } else if (number % 3 === 1) {
      expected = numbers.join();
      const items: number[] = [];
      for await (const item of client.call.count(STREAMED)) items.push(item);
      came = items.join();
    } else {
      expected = numbers.reduce((sum, each) => sum + each, 0);
      came = await client.call.sum(numbers);
    }
    return came === expected ? undefined : `expected ${expected}, got ${came}`;
  } catch (error) {
    return String(error);
  }
}

/** One well-behaved client. */
interface Member {
  readonly client: Pick<ClientOf<typeof saludo>, "closed" | "send">;
  /** Makes a call, and says what was wrong with its answer. Undefined where the server answers none. */
  readonly call?: (number: number) => Promise<string | undefined>;
}

/** Clients of one server that talk to each other. */
class Circle {
  readonly #makesCalls: boolean;
  readonly #members: Member[] = [];
  readonly #token = crypto.randomUUID();
  readonly #said = new Map<number, Said>();
  #count = 0;
  #delivered = 0;
  #answered = 0;
  #duplicates = 0;
  #delaysMs: number[] = [];
  #errors: string[] = [];
  #heardAll = Promise.withResolvers<void>();

  constructor(makesCalls = false) {
    this.#makesCalls = makesCalls;
  }

  async join(port: number, size: number): Promise<void> {
    while (this.#members.length < size) {
      const index = this.#members.length;
      const member = await this.#member(port, index);
      void member.client.closed.then(({ code, message }) =>
        this.#fail(`client ${index}: ${code}: ${message}`),
      );
      this.#members.push(member);
    }
  }

  async #member(port: number, index: number): Promise<Member> {
    const options = { port, reconnect: false, ...tls } as const;
    const handlers = {
      said: ({ text }: { readonly text: string }) => this.#heard(index, text),
      welcome() {},
      greeting() {},
    };
    if (!this.#makesCalls) return { client: await connect(saludo, options, handlers) };
    const client = await connect(callsProtocol, options, handlers);
    return { client, call: (number) => callOne(client, number) };
  }

  #fail(error: string): void {
    if (this.#errors.length < 10) this.#errors.push(error);
  }

  async #call(speaker: number, number: number): Promise<void> {
    const { call } = this.#members[speaker] ?? {};
    if (call === undefined) return;
    const calledAtMs = performance.now();
    const wrong = await call(number);
    this.#delaysMs.push(performance.now() - calledAtMs);
    if (wrong === undefined) this.#answered += 1;
    else this.#fail(`client ${speaker}: ${wrong}`);
  }

  /** Resolves when the call that goes with it is over, where they make calls. */
  say(): Promise<void> {
    const number = this.#count;
    const speaker = number % this.#members.length;
    this.#count += 1;
    const missing = new Set(this.#members.keys());
    missing.delete(speaker);
    this.#said.set(number, { saidAtMs: performance.now(), missing });
    try {
      this.#members[speaker]?.client.send({ type: "say", text: `${this.#token} ${number}` });
    } catch (error) {
      this.#fail(`client ${speaker}: ${String(error)}`);
    }
    return this.#call(speaker, number);
  }

  /** Says one more, so that whatever was said before has been heard by now, and a call answered, or is late. */
  async report(): Promise<Omit<CrowdReport, "controlWorstMs">> {
    const called = this.say();
    const overdue = setTimeout(() => this.#heardAll.resolve(), REPORT_DEADLINE_MS);
    while (this.#said.size > 0) {
      await this.#heardAll.promise;
      if (this.#said.size > 0 && this.#oldestMs() > REPORT_DEADLINE_MS) break;
    }
    await Promise.race([called, Bun.sleep(REPORT_DEADLINE_MS)]);
    clearTimeout(overdue);
    const lost = [...this.#said.values()].reduce((sum, { missing }) => sum + missing.size, 0);
    const delaysMs = this.#delaysMs.toSorted((a, b) => a - b);
    const report = {
      delivered: this.#delivered,
      answered: this.#answered,
      lost,
      duplicates: this.#duplicates,
      p99Ms: delaysMs[Math.floor(delaysMs.length * 0.99)] ?? 0,
      worstMs: Math.max(delaysMs.at(-1) ?? 0, lost > 0 ? this.#oldestMs() : 0),
      errors: this.#errors,
    };
    this.#said.clear();
    this.#delivered = 0;
    this.#answered = 0;
    this.#duplicates = 0;
    this.#delaysMs = [];
    this.#errors = [];
    return report;
  }

  #oldestMs(): number {
    const [oldest] = this.#said.values();
    return oldest === undefined ? 0 : performance.now() - oldest.saidAtMs;
  }

  #heard(listener: number, text: string): void {
    if (!text.startsWith(this.#token)) return;
    const number = Number(text.slice(this.#token.length));
    const said = this.#said.get(number);
    if (said === undefined || !said.missing.delete(listener)) {
      this.#duplicates += 1;
      return;
    }
    this.#delivered += 1;
    this.#delaysMs.push(performance.now() - said.saidAtMs);
    if (said.missing.size > 0) return;
    this.#said.delete(number);
    if (this.#said.size > 0) return;
    this.#heardAll.resolve();
    this.#heardAll = Promise.withResolvers();
  }
}

const [port, size, controlPort] = process.argv.slice(2, 5).map(Number);
if (port === undefined || size === undefined || controlPort === undefined) process.exit(2);

/** Both servers speak TLS, or neither does. */
const caFile = process.argv[5] ?? "";
const tls = caFile === "" ? {} : { tls: { caFile } };
const crowd = new Circle(process.argv[6] === "calls");
const control = new Circle();
await Promise.all([crowd.join(port, size), control.join(controlPort, 2)]);
setInterval(() => {
  void control.say();
  void crowd.say();
}, INTERVAL_MS);
process.stdout.write("ready\n");

for await (const chunk of Bun.stdin.stream()) {
  if (chunk.length === 0) continue;
  const [report, { worstMs: controlWorstMs }] = await Promise.all([
    crowd.report(),
    control.report(),
  ]);
  process.stdout.write(`${JSON.stringify({ ...report, controlWorstMs } satisfies CrowdReport)}\n`);
}
process.exit(0);
