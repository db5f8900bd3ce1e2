// What the packages of this repository need of the protocol beyond what its users do, and what shows how
// it works. Not for programs: a name here may change without notice.

export { ByteWriter } from "./byte-writer.ts";
export { measurePayload, type PayloadSize } from "./cbor/measure.ts";
export { toDiagnostic } from "./cbor/diagnostic.ts";
export type { GeneratedCode } from "./codec/compiled/compiled-path.ts";
export type { MessageCode } from "./codec/compiled/generator.ts";
export { controlCodec, type ControlCodec } from "./codec/control-codec.ts";
export { controlFrame } from "./codec/control-frame.ts";
export {
  assertForwardable,
  compileNow,
  generatedCode,
  unannouncedLimits,
} from "./codec/direction-codec.ts";
export { defineReferenceProtocol } from "./define-protocol.ts";
export { beginningOf } from "./excerpt.ts";
export { wireErrorCodes } from "./errors.ts";
export { frameTooLarge } from "./frame/frame-reader.ts";
export { unlimited } from "./limits.ts";
export { release } from "./release.ts";
export { beginAt, beginningAt } from "./begin-at.ts";
export { MOST_NAME_BYTES } from "./schema/names.ts";
export { AUTHENTICATE } from "./schema/read-calls.ts";
export { isInstance } from "./thrown.ts";
export { replaceUnprintable } from "./unprintable.ts";
