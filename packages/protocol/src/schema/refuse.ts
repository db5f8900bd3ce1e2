import { TypewireError } from "../errors.ts";

/** The error for a part of a definition that cannot travel; `path` is where it stands in the protocol. */
export function refuse(path: string, reason: string): TypewireError {
  return new TypewireError("protocol-invalid", `Cannot define protocol at ${path}: ${reason}`, {
    path,
  });
}
