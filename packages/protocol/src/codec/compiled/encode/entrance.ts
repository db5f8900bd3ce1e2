// Finds the encoder of a message by its name. For a few messages that is generated code, which the engine
// compiles together with the encoders; for many it is a Map.

import type { ByteWriter } from "../../../byte-writer.ts";
import type { DecodeLimits } from "../../../limits.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import { GENERATED_UP_TO } from "../decode/entrance.ts";
import { literal, Source } from "../source.ts";
import type { CompiledEncode, EncodeState } from "./module.ts";

/** Appends the payload of a message and returns true; false where there is no encoder, or it cannot. */
export type EncodeEntrance = (
  message: AnyMessage,
  writer: ByteWriter,
  limits: DecodeLimits,
) => boolean;

/** The entrance to some encoders, by the names of their messages. `state` is that of the encoders. */
export function encodeEntrance(
  state: EncodeState,
  encoders: ReadonlyMap<string, CompiledEncode>,
): EncodeEntrance {
  return encoders.size > GENERATED_UP_TO
    ? mappedEntrance(state, encoders)
    : generatedEntrance(state, encoders);
}

/**
 *     return function encode(m, w, limits) {
 *       s.items = 0; s.levels = 0; s.limits = limits;
 *       switch (m.type) {
 *         case "say": return message1(m, w);
 *         default: return false;
 *       }
 *     };
 */
function generatedEntrance(
  state: EncodeState,
  encoders: ReadonlyMap<string, CompiledEncode>,
): EncodeEntrance {
  const source = new Source();
  source.block(
    "return function encode(m, w, limits) {",
    () => {
      source.line("s.items = 0; s.levels = 0; s.limits = limits;");
      source.block("switch (m.type) {", () => {
        for (const [name, encode] of encoders) {
          source.line(`case ${literal(name)}: return ${source.constant(encode, "message")}(m, w);`);
        }
        source.line("default: return false;");
      });
    },
    "};",
  );
  return source.evaluate({ s: state }) as EncodeEntrance;
}

function mappedEntrance(
  state: EncodeState,
  given: ReadonlyMap<string, CompiledEncode>,
): EncodeEntrance {
  const encoders = new Map(given);
  return (message, writer, limits) => {
    const encode = encoders.get(message.type);
    if (encode === undefined) return false;
    state.items = 0;
    state.levels = 0;
    state.limits = limits;
    return encode(message, writer);
  };
}
