import { describe, expect, test } from "bun:test";
import { chooseLanguage } from "../src/index.ts";

describe("chooseLanguage", () => {
  test.each([
    [{}, "en"],
    [{ LANG: "es_ES.UTF-8" }, "es"],
    [{ LANG: "es" }, "es"],
    [{ LANG: "es-419" }, "es"],
    [{ LANG: "et_EE.UTF-8" }, "en"],
    [{ LANG: "est" }, "en"],
    [{ LANG: "es_MX", LC_MESSAGES: "en_GB" }, "en"],
    [{ LANG: "es_MX", LC_MESSAGES: "en_GB", LC_ALL: "es_AR" }, "es"],
    [{ LANG: "es_MX", LC_ALL: "" }, "es"],
    [{ LC_ALL: "C", LANG: "es_ES" }, "en"],
  ] as const)("reads the locale %j as %s", (environment, language) => {
    expect(chooseLanguage(undefined, environment)).toBe(language);
  });

  test("follows the flag whatever the locale says", () => {
    expect(chooseLanguage("en", { LC_ALL: "es_ES" })).toBe("en");
    expect(chooseLanguage("es", {})).toBe("es");
  });
});
