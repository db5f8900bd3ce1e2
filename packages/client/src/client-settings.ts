// What a client does by itself, of the options that its program gave: checked, and with the defaults filled in.
// The options that a connection reads are the endpoint's.

import { checkOptions, checkOptionValues } from "@typewire/connection";
import { type AnyProtocol, TypewireError } from "@typewire/protocol";

import { reconnectOptions } from "./backoff.ts";
import { type ClientOptions, clientOptions } from "./client-options.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

type Own =
  "connectTimeoutMs" | "firstAttempt" | "reconnect" | "resend" | "whileReconnecting" | "random";

/** See `ClientOptions`. */
export type ClientSettings = Required<Pick<ClientOptions<AnyProtocol>, Own>>;

/** @throws TypewireError `option-invalid` naming the option. */
export function requireSettings(options: Pick<ClientOptions<AnyProtocol>, Own>): ClientSettings {
  const {
    connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS,
    firstAttempt = "once",
    reconnect = {},
    resend = false,
    whileReconnecting = "queue",
    random = Math.random,
  } = options;
  checkOptionValues(options, clientOptions);
  if (reconnect) checkOptions(reconnect, reconnectOptions, "reconnect.");
  if (resend && reconnect === false) {
    throw new TypewireError("option-invalid", "resend: expected no `reconnect: false` beside it");
  }
  return { connectTimeoutMs, firstAttempt, reconnect, resend, whileReconnecting, random };
}
