// The exit codes of both commands. Which failure ends in which code is each command's own business;
// this module fixes the numbers and the words that `--help` has for them.

export const exitCodes = {
  done: 0,
  internal: 1,
  usage: 2,
  unreachable: 3,
  timedOut: 5,
  forbiddenMessage: 6,
  incompatiblePeer: 7,
  brokenBytes: 8,
  peerClosed: 9,
  forced: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The `Exit codes:` part of a help page; each command passes the meanings that it has. */
export function exitCodesHelp(meanings: Readonly<Partial<Record<ExitCode, string>>>): string {
  const lines = Object.entries(meanings).map(
    ([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`,
  );
  return ["Exit codes:", ...lines].join("\n");
}
