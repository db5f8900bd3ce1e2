// The live page: one file of markup, style and script, which needs nothing else but `live`. Its policy lets a browser run
// this script and no other, load nothing from elsewhere, and embed the page nowhere.

import type { HostResponse } from "../host-types.ts";
import { utf8 } from "../utf8.ts";
import { pageBody } from "./page-body.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Typewire</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>${pageBody}
<script>${pageScript}</script>
</body>
</html>
`;

/** Made when it is first asked for: a digest takes a moment. */
let policy: Promise<string> | undefined;

/**
 * The live page, as an answer to `GET /`. It shows what `live` says, which it looks for beside itself: mounted as `/`, at
 * `/live`. It shows no payload, and can change nothing.
 */
export async function page(): Promise<HostResponse> {
  policy ??= makePolicy();
  return new Response(html, {
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": await policy,
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "DENY",
      "Cross-Origin-Resource-Policy": "same-origin",
    },
  });
}

async function makePolicy(): Promise<string> {
  return [
    "default-src 'none'",
    `script-src '${await digestOf(pageScript)}'`,
    `style-src '${await digestOf(pageStyle)}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** As a policy names an element's text (W3C CSP 3 §2.3.1). */
async function digestOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}
