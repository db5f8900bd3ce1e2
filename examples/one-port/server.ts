// One of the processes on the port: `bun server.ts`. Its handler holds the event loop, as work of the processor does.

import { serve } from "typewire/bun";
import { port, primes } from "./protocol.ts";

const server = serve(
  primes,
  { port, reusePort: true },
  { count: ({ below }) => ({ primes: countPrimes(below), by: process.pid }) },
);
console.log(`process ${process.pid} listens at ${server.address}`);

// Its clients go on at the other processes, one after the other.
const leave = (): void => void server.drain({ spreadMs: 500 });
process.on("SIGINT", leave).on("SIGTERM", leave);

function countPrimes(below: number): number {
  let count = 0;
  for (let candidate = 2; candidate < below; candidate += 1) if (isPrime(candidate)) count += 1;
  return count;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) {
    if (candidate % divisor === 0) return false;
  }
  return true;
}
