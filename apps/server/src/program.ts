// What the command calls itself.

import manifest from "../package.json" with { type: "json" };

export const name = "typewire-server";
export const version = manifest.version;
