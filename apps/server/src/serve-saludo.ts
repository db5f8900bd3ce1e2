// The server of `saludo`: welcomes each client, greets at once and at every interval, and passes on what a
// client says to all others. One timer greets all clients. What is printed is the caller's affair.

import { serve, type ServeOptions } from "@typewire/bun";
import { type Connection, isTooLarge, systemClock } from "@typewire/connection";
import { saludo, type SaludoServerMessage } from "@typewire/protocol/saludo";
import type { ServerObserver, ServerOf } from "@typewire/server";

type Message<Name extends SaludoServerMessage["type"]> = Extract<
  SaludoServerMessage,
  { type: Name }
>;

/** The options of `serve`, and what this server says. */
export interface SaludoOptions extends ServeOptions<typeof saludo> {
  /** The words of the greeting. */
  readonly words: Message<"greeting">["words"];
  readonly intervalMs: number;
  /** Called with what all clients but the speaker are told. */
  readonly onSaid?: (message: Message<"said">) => void;
}

/** Serves until `stop` or `drain`. Throws as `serve`. */
export function serveSaludo(options: SaludoOptions): ServerOf<typeof saludo> {
  const { words, intervalMs, onSaid, ...serveOptions } = options;
  const { clock = systemClock } = serveOptions;
  const greeting: Message<"greeting"> = { type: "greeting", words };

  const greet = (connection: Connection<SaludoServerMessage>): void => {
    if (connection.state !== "open") return;
    try {
      connection.send(greeting);
    } catch (error) {
      // More than this client takes: that has been counted and told of.
      if (!isTooLarge(error)) throw error;
    }
  };

  const host: ServerObserver<typeof saludo> = {
    onOpen(connection) {
      connection.send({ type: "welcome", text: "Bienvenido al servidor!" });
      connection.send(greeting);
    },
  };
  const observers = [...(serveOptions.observers ?? []), host];
  const server = serve(
    saludo,
    { ...serveOptions, observers },
    {
      say({ text }, connection) {
        const message = { type: "said", from: connection.name, text, at: new Date() } as const;
        onSaid?.(message);
        server.broadcast(message, { except: connection });
      },
    },
  );

  const greetLater = (): void => {
    clock.after(intervalMs, () => {
      if (!server.isListening) return;
      // A broadcast would reach the clients of other servers as well, and each server greets its own.
      for (const connection of server.connections) greet(connection);
      greetLater();
    });
  };
  greetLater();
  return server;
}
