import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const TESTKIT = join(import.meta.dir, "..", "src", "index.ts");

/** What a program says of the missing tools, in an environment without any. */
function missingWith(env: Readonly<Record<string, string>>): string {
  const program = `
    import { missingTools } from ${JSON.stringify(TESTKIT)};
    try { console.log(missingTools().join("; ")); } catch (error) { console.log(error.message); }`;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", program], {
    env: { PATH: "/nowhere", ...env },
  });
  return stdout.toString().trim();
}

describe("missingTools", () => {
  test("names the tests that are not run and what to install, on a machine that has nothing", () => {
    expect(missingWith({})).toBe(
      "the peers in Python (apt-get install -y python3); " +
        "the verdicts of Python's cbor2 (apt-get install -y python3-cbor2); " +
        "what Prometheus's own Python parser reads in a scrape (apt-get install -y python3-prometheus-client); " +
        "handshakes with the openssl command, and the commands of docs/security.md (apt-get install -y openssl); " +
        "several servers on a real NATS (apt-get install -y nats-server); " +
        "the live page in a browser (apt-get install -y chromium)",
    );
  });

  test("is an error in CI, where every test has to run", () => {
    expect(missingWith({ CI: "true" })).toStartWith("In CI every test has to run: the peers");
    expect(missingWith({ CI: "1" })).toStartWith("In CI every test has to run: the peers");
    expect(missingWith({ CI: "false" })).not.toContain("In CI");
  });
});
