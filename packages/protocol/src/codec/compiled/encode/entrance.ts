// Finds the encoder of a message by its name, or by the form of a call that it is written in. For a few
// messages that is generated code, which the engine compiles together with the encoders; for many it is a
// Map.

import type { ByteWriter } from "../../../byte-writer.ts";
import type { DecodeLimits } from "../../../limits.ts";
import type { MessageEntry } from "../../../schema/message-entry.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import { GENERATED_UP_TO } from "../decode/entrance.ts";
import { literal, Source } from "../source.ts";
import type { EncodeState } from "./fields.ts";
import type { CompiledEncode } from "./module.ts";

/**
 * Appends the payload of a message and returns true; false where there is no encoder, or it cannot. `form`
 * is that of the call whose message it is.
 */
export type EncodeEntrance = (
  message: AnyMessage,
  writer: ByteWriter,
  limits: DecodeLimits,
  form: MessageEntry | undefined,
) => boolean;

/** Encoders by the types of messages, and those of calls' messages by their forms. */
type Encoders = ReadonlyMap<string | MessageEntry, CompiledEncode>;

/** The entrance to some encoders. `state` is that of the encoders. */
export function encodeEntrance(
  state: EncodeState,
  encoders: ReadonlyMap<MessageEntry, CompiledEncode>,
): EncodeEntrance {
  const byType = new Map<string, CompiledEncode>();
  const byForm = new Map<MessageEntry, CompiledEncode>();
  for (const [entry, encode] of encoders) {
    if (entry.call === undefined) byType.set(entry.type, encode);
    else byForm.set(entry, encode);
  }
  return byType.size > GENERATED_UP_TO
    ? mappedEntrance(state, new Map<string | MessageEntry, CompiledEncode>([...byType, ...byForm]))
    : generatedEntrance(state, byType, byForm);
}

/**
 *     return function encode(m, w, limits, f) {
 *       s.items = 0; s.levels = 0; s.limits = limits;
 *       if (f !== undefined) {
 *         const c = forms1.get(f);
 *         return c === undefined ? false : c(m, w);
 *       }
 *       switch (m.type) {
 *         case "say": return message2(m, w);
 *         default: return false;
 *       }
 *     };
 *
 * Forms are asked about only where there is code of some.
 */
function generatedEntrance(
  state: EncodeState,
  byType: ReadonlyMap<string, CompiledEncode>,
  byForm: ReadonlyMap<MessageEntry, CompiledEncode>,
): EncodeEntrance {
  const source = new Source();
  source.block(
    "return function encode(m, w, limits, f) {",
    () => {
      source.line("s.items = 0; s.levels = 0; s.limits = limits;");
      if (byForm.size > 0) {
        source.block("if (f !== undefined) {", () => {
          source.line(`const c = ${source.constant(byForm, "forms")}.get(f);`);
          source.line("return c === undefined ? false : c(m, w);");
        });
      }
      source.block("switch (m.type) {", () => {
        for (const [type, encode] of byType) {
          source.line(`case ${literal(type)}: return ${source.constant(encode, "message")}(m, w);`);
        }
        source.line("default: return false;");
      });
    },
    "};",
  );
  return source.evaluate({ s: state }) as EncodeEntrance;
}

function mappedEntrance(state: EncodeState, encoders: Encoders): EncodeEntrance {
  return (message, writer, limits, form) => {
    const encode = encoders.get(form ?? message.type);
    if (encode === undefined) return false;
    state.items = 0;
    state.levels = 0;
    state.limits = limits;
    return encode(message, writer);
  };
}
