// Programs under a shell, which sets up what a test cannot: limits, masks, closed pipes. Without its
// startup files, which bash reads when its stdin is a socket.

/** The command line that runs `script`; what follows it is `"$@"` there. */
export function shell(script: string): readonly string[] {
  return ["/bin/bash", "--norc", "-c", script, "bash"];
}
