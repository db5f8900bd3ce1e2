// A peer as the runner sees it: a child process that knows the commands of control.ts.

import { JsonProcess } from "../json-process.ts";
import type { Command, Replies } from "./control.ts";

/** A running peer. */
export class PeerProcess extends JsonProcess {
  /** Gives a command and resolves with its reply; rejects when the peer fails, ends or takes too long. */
  async ask<Do extends Command["do"]>(command: Extract<Command, { do: Do }>): Promise<Replies[Do]> {
    return (await this.command(command)) as Replies[Do];
  }
}
