// Programs under the system's shell, which sets up what a test cannot: limits, masks, closed pipes.

/** The command line that runs `script`; what follows it is `"$@"` there. */
export function shell(script: string): readonly string[] {
  return ["/bin/sh", "-c", script, "sh"];
}
