// The schema of the seven-field message, as a part of a call and as a message of its own.

import { Type } from "@sinclair/typebox";

import { medium } from "../codec/corpora/medium.ts";

const { posted } = medium.schemas;
if (posted === undefined) throw new Error("expected the workload's schema");

/** Message name to schema. */
export const schemas = { posted };

/** The whole message, `type` included. */
export const message = Type.Object({ type: Type.Literal("posted"), ...posted.properties });
