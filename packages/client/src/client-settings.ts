// What a client does by itself, of the options that its program gave: checked, and with the defaults filled in.
// The options that a connection reads are the endpoint's.

import { refuseUnknownOptions, requireDuration } from "@typewire/connection";
import { type AnyProtocol, TypewireError } from "@typewire/protocol";

import { defaultReconnect } from "./backoff.ts";
import type { ClientOptions } from "./client-options.ts";

const defaultConnectTimeoutMs = 10_000;

type Own =
  "connectTimeoutMs" | "firstAttempt" | "reconnect" | "resend" | "whileReconnecting" | "random";

/** See `ClientOptions`. */
export type ClientSettings = Required<Pick<ClientOptions<AnyProtocol>, Own>>;

/** @throws TypewireError `option-invalid` naming the option. */
export function requireSettings(options: Pick<ClientOptions<AnyProtocol>, Own>): ClientSettings {
  const {
    connectTimeoutMs = defaultConnectTimeoutMs,
    firstAttempt = "once",
    reconnect = {},
    resend = false,
    whileReconnecting = "queue",
    random = Math.random,
  } = options;
  if (reconnect) refuseUnknownOptions(reconnect, Object.keys(defaultReconnect), "reconnect.");
  if (resend && reconnect === false) {
    throw new TypewireError("option-invalid", "resend: expected no `reconnect: false` beside it");
  }
  requireDuration("connectTimeoutMs", connectTimeoutMs);
  requireOneOf("firstAttempt", firstAttempt, ["once", "repeat"]);
  requireOneOf("whileReconnecting", whileReconnecting, ["queue", "drop"]);
  return { connectTimeoutMs, firstAttempt, reconnect, resend, whileReconnecting, random };
}

function requireOneOf<Value extends string>(
  name: string,
  value: Value,
  values: readonly Value[],
): void {
  if (values.includes(value)) return;
  const expected = values.map((one) => `"${one}"`).join(" or ");
  throw new TypewireError("option-invalid", `${name}: expected ${expected}`);
}
