// Which of the two languages the log speaks. Help pages, usage errors and the text of protocol errors
// are English in both: they are looked up and searched for, and a peer may have written them.

export const languages = ["en", "es"] as const;
export type Language = (typeof languages)[number];

/** Environment variables as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The flag's choice, else the locale's: the first of LC_ALL, LC_MESSAGES and LANG that is set (POSIX §8.2). */
export function chooseLanguage(flag: Language | undefined, environment: Environment): Language {
  if (flag !== undefined) return flag;
  const { LC_ALL: all, LC_MESSAGES: messages, LANG: lang } = environment;
  const locale = all || messages || lang || "";
  return /^es(?![a-z])/i.test(locale) ? "es" : "en";
}
