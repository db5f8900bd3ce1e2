// What the two commands share and no library user needs. `serve` and `connect` never import this.

export {
  type Address,
  addressValue,
  listenAddressValue,
  parseAddress,
  socketPathValue,
} from "./address.ts";
export {
  addLogFlags,
  collectFlag,
  type Command,
  type CommandLine,
  createCommand,
  isGiven,
  type LogFlags,
  readCommandLine,
  UsageError,
  valueArguments,
  valueFlag,
} from "./command-line.ts";
export { connectionLog, type ConnectionLogOptions } from "./connection-log.ts";
export { describeEnd, isOrdinaryEnd } from "./describe-end.ts";
export { durationValue, formatDuration, parseDuration } from "./duration.ts";
export { type ExitCode, exitCodes, exitCodesHelp } from "./exit-codes.ts";
export { choiceValue, type FlagValue, integerValue, textValue } from "./flag-value.ts";
export { GuardedWriter, type GuardedWriterOptions, type TextSink } from "./guarded-writer.ts";
export { chooseLanguage, type Environment, type Language } from "./language.ts";
export { addLimitFlag, formatLimit, type LimitFlags, withLimits } from "./limit-flags.ts";
export {
  createLog,
  type Level,
  type Log,
  type LogEvent,
  logEvent,
  type LogFormat,
  type LogOptions,
  tagged,
  type Vocabulary,
} from "./log.ts";
export { type LimitedLog, limitLog, type LogLimitOptions } from "./log-limit.ts";
export { endInOwnWords } from "./peer-words.ts";
export { printable } from "@typewire/connection/internal";
export { readable, toJsonText } from "./readable.ts";
export { ignoreUserSignals, type SignalSource, stopSignal, type StopSignal } from "./signals.ts";
export { formatSize, parseSize, sizeValue } from "./size.ts";
export {
  type HostProcess,
  openTerminal,
  type OutputStream,
  type Terminal,
  thisProcess,
} from "./terminal.ts";
export {
  addSecretFlag,
  addTlsFileFlags,
  checkTlsFileFlags,
  requireBeside,
  type SecretFlags,
  type TlsFileFlags,
} from "./security-flags.ts";
export { sharedEvents } from "./shared-events.ts";
export { logExit, type RunContext, type StartedRun, startRun } from "./start-run.ts";
export { type ExceptionSource, runCommand, type RunEnd } from "./run-command.ts";
