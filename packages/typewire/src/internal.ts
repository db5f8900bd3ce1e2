// What the packages of Typewire need of each other, and what tools that look inside need of them. A name
// here may change with any release and without notice. Lists names and does nothing.

export { type Cancel, type Clock, systemClock } from "@typewire/connection";
export {
  ByteWriter,
  compileNow,
  defineReferenceProtocol,
  generatedCode,
  type GeneratedCode,
  type MessageCode,
  toDiagnostic,
} from "@typewire/protocol/internal";
