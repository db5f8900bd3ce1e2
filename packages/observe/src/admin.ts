// All that an operator asks for, as one function from request to answer: for a listener that does nothing else.
// Answers requests of this machine, or those that show the secret.

import {
  aText,
  checkOptions,
  MIN_SECRET_BYTES,
  type OptionChecks,
  withoutOuterBlanks,
} from "@typewire/connection";

import { health, readiness } from "./health.ts";
import type { HostResponse, RequestLike } from "./host-types.ts";
import { metrics } from "./metrics.ts";
import { observationOf } from "./observation.ts";
import type { Observable } from "./observable.ts";
import { live } from "./page/live.ts";
import { page } from "./page/page.ts";

/** Which requests are answered. */
export interface AdminOptions {
  /**
   * What has to be shown for everything but `/healthz` and `/readyz`: as a bearer token, or as the password of any user
   * (RFC 6750, RFC 7617), so that a browser asks for it; at least 16 bytes, blanks at its ends not counted, since HTTP
   * drops them. For a listener that other machines reach. Default: nothing.
   */
  readonly secret?: Uint8Array;
  /**
   * The name by which the listener is reached, where that is neither an address nor `localhost`. A request for another
   * name is refused where there is no secret: a page of the web can give its own name this machine's address. Default: none.
   */
  readonly hostname?: string;
}

const adminOptions: OptionChecks<keyof AdminOptions> = {
  secret: {
    expected: `bytes, at least ${MIN_SECRET_BYTES} without blanks at the ends`,
    allows: (value) =>
      value instanceof Uint8Array && withoutOuterBlanks(value).length >= MIN_SECRET_BYTES,
  },
  hostname: aText,
};

/**
 * Answers requests, and observes `server` from now on: `Bun.serve({ hostname: "127.0.0.1", port: 9464, fetch: admin(server) })`.
 *
 * @throws TypewireError `option-invalid` naming the option that is not known or not possible, or `server`.
 */
export function admin(
  server: Observable,
  options: AdminOptions = {},
): (request: RequestLike) => Promise<HostResponse> {
  checkOptions(options, adminOptions);
  // From now on, so that a page that is opened later shows what was before.
  observationOf(server);
  return async (request) => {
    const asked = placeOf(request);
    if (asked === undefined) return refusal(400, "The request is for no address");
    const { pathname, host } = asked;
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refusal(405, "This listener answers GET", { Allow: "GET, HEAD" });
    }
    const { secret } = options;
    if (secret === undefined && !isOwnName(host, options.hostname)) {
      return refusal(403, "The request is for a host that this listener is not");
    }
    if (pathname === "/healthz") return health(server);
    if (pathname === "/readyz") return readiness(server);
    if (secret !== undefined && !(await shows(request, secret))) {
      return refusal(401, "The secret is missing or another", {
        "WWW-Authenticate": 'Basic realm="typewire", charset="UTF-8"',
      });
    }
    switch (pathname) {
      case "/metrics":
        return metrics(server);
      case "/live":
        return live(server);
      case "/":
        return page();
      default:
        return refusal(404, "There is /, /live, /metrics, /healthz and /readyz");
    }
  };
}

/** What a request asks for, and of whom; undefined where its words make no URL. */
function placeOf({ headers, url }: RequestLike): Pick<URL, "pathname" | "host"> | undefined {
  try {
    // HTTP/1.0 need not name a host. No browser leaves it out, so no page of the web can.
    const { pathname, host } = new URL(url.startsWith("/") ? `http://localhost${url}` : url);
    // A host that has taken the header away has put it into the URL.
    return { pathname, host: headers.get("host") ?? host };
  } catch {
    return undefined;
  }
}

/** Whether a request to `host` is for an address, for `localhost`, or for `hostname`. */
function isOwnName(host: string, hostname: string | undefined): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (name === "localhost" || name === hostname?.toLowerCase()) return true;
  return /^(?:\d{1,3}\.){3}\d{1,3}$/.test(name) || /^\[[\da-f:.]+\]$/.test(name);
}

/** Whether a request shows `secret`. Takes as long whatever it shows. */
async function shows({ headers }: RequestLike, secret: Uint8Array): Promise<boolean> {
  const [, scheme = "", shown = ""] =
    /^(Bearer|Basic) +(.+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  const text = scheme.toLowerCase() === "basic" ? passwordIn(shown) : headerBytes(shown);
  const [one, other] = await Promise.all([digestOf(text), digestOf(secret)]);
  let difference = 0;
  for (const [at, byte] of one.entries()) difference |= byte ^ (other[at] ?? 0);
  return difference === 0;
}

/** What a header's text is on the wire: a character is a byte (Fetch, "isomorphic encode"). */
function headerBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (each) => each.charCodeAt(0));
}

function passwordIn(credentials: string): Uint8Array<ArrayBuffer> {
  try {
    const bytes = headerBytes(atob(credentials.trim()));
    return bytes.slice(bytes.indexOf(0x3a) + 1);
  } catch {
    return new Uint8Array();
  }
}

async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  const meant = new Uint8Array(withoutOuterBlanks(bytes));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", meant));
}

function refusal(
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): HostResponse {
  return new Response(`${sentence}\n`, {
    status,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-store",
      ...headers,
    },
  });
}
