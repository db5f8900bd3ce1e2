/** The version of Typewire: `bun run next-version` writes it here. */
export const version = "0.1.0";
