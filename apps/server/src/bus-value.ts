// The address of a bus, as the flag --backplane takes it. Without a name and a password: a command line is read by every
// user of a machine.

import { addressValue, type FlagValue } from "@typewire/command";
import { formatAddress } from "@typewire/connection";

const address = addressValue({ hostname: "127.0.0.1", port: 4222 });

/** `HOST:PORT` of a NATS server. */
export const busValue: FlagValue<string> = {
  takes: "nats://HOST:PORT",
  parse(text) {
    const read = address.parse(text.replace(/^nats:\/\//, ""));
    return read && formatAddress(read);
  },
};
