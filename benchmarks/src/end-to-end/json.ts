// What a program does that receives JSON and wants to be sure of it: parse, then the compiled check.

import { messageSchema } from "../codec/corpus.ts";
import { checkFailed, compileCheck } from "../codec/side.ts";
import type { Workload } from "./workload.ts";

export type Parse = (text: string) => unknown;

/** Returns the message, or throws where it is none. */
export type Checker = <Value>(message: Value) => Value;

/** The check alone, for systems that parse by themselves. */
export function checkerOf(workload: Workload): Checker {
  const check = compileCheck(messageSchema(workload));
  return (message) => {
    if (!check(message)) throw checkFailed(workload);
    return message;
  };
}

export function parserOf(workload: Workload): Parse {
  const check = checkerOf(workload);
  return (text) => check(JSON.parse(text) as unknown);
}
