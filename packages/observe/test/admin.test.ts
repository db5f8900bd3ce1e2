// Who may ask the admin listener for what, and what a page is fed with.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { admin, health, live, metrics, readiness } from "../src/index.ts";
import { Crowd } from "./crowd.ts";
import { customer, openShop } from "./support.ts";

const PATHS = ["/", "/live", "/metrics", "/healthz", "/readyz"];
const secret = new TextEncoder().encode("a secret of ours, ñ too");

function ask(
  server: Parameters<typeof admin>[0],
  options: Parameters<typeof admin>[1],
  path: string,
  headers: Readonly<Record<string, string>>,
  method = "GET",
): Promise<Response> {
  const url = `http://127.0.0.1${path}`;
  return admin(server, options)(new Request(url, { method, headers })) as Promise<Response>;
}

describe("without a secret", () => {
  const crowd = new Crowd(3);

  test.each(["localhost:9464", "127.0.0.1:9464", "[::1]:9464", "10.0.0.7", "LOCALHOST"])(
    "answers a request for %s",
    async (host) => {
      for (const path of PATHS) {
        const answer = await ask(crowd, {}, path, { host });
        expect([path, answer.status]).toEqual([path, 200]);
        await answer.body?.cancel();
      }
    },
  );

  test.each([
    "evil.example",
    "evil.example:9464",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "",
  ])(
    'refuses a request for "%s", which a page of the web can make a browser send',
    async (host) => {
      for (const path of PATHS) expect((await ask(crowd, {}, path, { host })).status).toBe(403);
    },
  );

  test("answers for the name that it was given", async () => {
    const hostname = "metrics.internal";
    expect((await ask(crowd, { hostname }, "/metrics", { host: `${hostname}:9464` })).status).toBe(
      200,
    );
    expect((await ask(crowd, { hostname }, "/metrics", { host: "other.internal" })).status).toBe(
      403,
    );
  });

  test("changes nothing: there is GET and HEAD, and no path beside these", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const answer = await ask(crowd, {}, "/", { host: "localhost" }, method);
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    }
    for (const path of ["/drain", "/metrics/", "//", "/..%2f"]) {
      expect((await ask(crowd, {}, path, { host: "localhost" })).status).toBe(404);
    }
  });
});

describe("a request that a browser cannot make", () => {
  const crowd = new Crowd(3);
  const answer = admin(crowd);
  const asking = (url: string, host: string | null = null) =>
    answer({ method: "GET", url, headers: { get: (name) => (name === "host" ? host : null) } });

  test("is answered where it names no host, as HTTP/1.0 need not", async () => {
    for (const path of PATHS) {
      const { status, body } = (await asking(path)) as Response;
      expect([path, status]).toEqual([path, 200]);
      await body?.cancel();
    }
    for (const path of ["//", "//metrics", "/\\", "/[", "/%"]) {
      expect([path, ((await asking(path)) as Response).status]).toEqual([path, 404]);
    }
  });

  test("is refused where its words make no URL", async () => {
    for (const url of ["", "*", "http://[/metrics", "http://a b/metrics", "http://:x/"]) {
      const { status } = (await asking(url, "[")) as Response;
      expect([url, status]).toEqual([url, 400]);
    }
  });
});

describe("what is given", () => {
  const crowd = new Crowd(1);

  test.each([
    ["a text", "0123456789abcdef"],
    ["fewer bytes than 16", new Uint8Array(15)],
    ["no bytes", new Uint8Array()],
    ["blanks", new TextEncoder().encode(" ".repeat(40))],
    ["filled up with blanks", new TextEncoder().encode(`\n${"short".padEnd(40)}`)],
    ["null", null],
  ])("a secret is not %s", (_, given) => {
    expect(() => admin(crowd, { secret: given as never })).toThrow(
      "secret: expected bytes, at least 16 without blanks at the ends, got",
    );
  });

  test("has no other options, and is a server", () => {
    expect(() => admin(crowd, { token: secret } as never)).toThrow("token: no such option");
    for (const none of [undefined, null, 5, {}, { stats() {} }, new Map()]) {
      for (const ask of [admin, metrics, health, readiness, live]) {
        expect(() => void ask(none as never)).toThrow("server: expected what serve returns, got");
      }
    }
  });
});

describe("with a secret", () => {
  const crowd = new Crowd(3);
  const text = new TextDecoder().decode(secret);
  const basic = (password: Uint8Array): string =>
    `Basic ${Buffer.concat([Buffer.from("someone:"), password]).toString("base64")}`;
  const statusOf = async (path: string, authorization?: string): Promise<number> => {
    const headers = { host: "any.example", ...(authorization !== undefined && { authorization }) };
    const answer = await ask(
      crowd,
      { secret: new TextEncoder().encode("token-1234567890") },
      path,
      headers,
    );
    await answer.body?.cancel();
    return answer.status;
  };

  test("asks for it, and for neither probe", async () => {
    expect(await Promise.all(PATHS.map((path) => statusOf(path)))).toEqual([
      401, 401, 401, 200, 200,
    ]);
    const answer = await ask(crowd, { secret }, "/", {});
    expect(answer.headers.get("www-authenticate")).toStartWith("Basic ");
  });

  test("takes it as a bearer token, and as a password", async () => {
    for (const path of PATHS) {
      expect(await statusOf(path, "Bearer token-1234567890")).toBe(200);
      expect(await statusOf(path, basic(Buffer.from("token-1234567890")))).toBe(200);
    }
    const answer = await ask(crowd, { secret }, "/metrics", { authorization: basic(secret) });
    expect([answer.status, text.includes("ñ")]).toEqual([200, true]);
  });

  test("takes it as it travels: with blanks within, in UTF-8, and without those at its ends", async () => {
    for (const words of ["correct horse battery", "contraseña larga", "\n token-1234567890 \n\n"]) {
      const shown = new TextEncoder().encode(words);
      const onTheWire = String.fromCharCode(...shown).trim();
      for (const authorization of [`Bearer ${onTheWire}`, basic(shown), `${basic(shown)} `]) {
        const answer = await ask(crowd, { secret: shown }, "/metrics", { authorization });
        expect([authorization, answer.status]).toEqual([authorization, 200]);
      }
    }
  });

  test.each([
    "Bearer token-123456789",
    "Bearer token-12345678901",
    "Bearer ",
    "Basic !!!",
    "Basic ",
    "Digest token-1234567890",
    "token-1234567890",
    basic(new Uint8Array()),
  ])("refuses %p", async (authorization) => {
    expect(await statusOf("/metrics", authorization)).toBe(401);
  });
});

describe("the stream of the page", () => {
  const crowd = new Crowd(500);
  let http: ReturnType<typeof Bun.serve>;
  beforeAll(() => {
    http = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: admin(crowd) });
  });
  afterAll(() => http.stop(true));

  async function* eventsOf(answer: Response): AsyncGenerator<Record<string, unknown>> {
    let text = "";
    for await (const chunk of answer.body ?? []) {
      text += new TextDecoder().decode(chunk);
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        yield JSON.parse(text.slice("data: ".length, end)) as Record<string, unknown>;
        text = text.slice(end + 2);
      }
    }
  }

  test("begins with all that is known, and goes on with what is new", async () => {
    crowd.happen();
    const stream = eventsOf(await fetch(new URL("/live", http.url)));
    const { value: first } = (await stream.next()) as { value: Record<string, unknown[]> };
    expect(first).toMatchObject({ isWhole: true, ready: true });
    expect(first["events"]).toHaveLength(12);
    expect(first["history"]?.length).toBeGreaterThan(0);
    expect(first["worst"]).toHaveLength(100);
    const { value: second } = (await stream.next()) as { value: Record<string, unknown[]> };
    expect(second["isWhole"]).toBeUndefined();
    crowd.happen();
    const { value: third } = (await stream.next()) as { value: Record<string, unknown[]> };
    expect([...(second["events"] ?? []), ...(third["events"] ?? [])].length).toBeGreaterThanOrEqual(
      12,
    );
    await stream.return(undefined);
  });

  test("feeds sixteen pages, and tells the next one to come later", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(new URL("/live", http.url))),
    );
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(4);
    for (const answer of answers) await answer.body?.cancel();
    for (let turn = 0; ; turn += 1) {
      const answer = await fetch(new URL("/live", http.url));
      await answer.body?.cancel();
      if (answer.status === 200) break;
      expect(turn).toBeLessThan(100);
      await Bun.sleep(50);
    }
  });

  test("has no payload and no sentence in it, whatever peers send", async () => {
    await using server = openShop();
    const answering = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: admin(server) });
    const { client } = await customer(server);
    client.send({ type: "look", at: "PAYLOAD-1" });
    await client.call.buy({ cents: 1 });
    await client.close({ reason: "SENTENCE-1" });
    const stream = eventsOf(await fetch(new URL("/live", answering.url)));
    const { value } = (await stream.next()) as { value: object };
    expect(JSON.stringify(value)).toContain("peer-closed");
    expect(JSON.stringify(value)).not.toMatch(/PAYLOAD|SENTENCE|cents/);
    await stream.return(undefined);
    await answering.stop(true);
  });
});
