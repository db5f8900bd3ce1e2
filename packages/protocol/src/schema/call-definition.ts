// What a call is made of: the definition that a user writes, and the facts of it that are known at run time.

import type { TSchema } from "@sinclair/typebox";

/**
 * A call: up to four values by their schemas, each of any kind that can travel, and what may come instead
 * of the last.
 */
export interface CallDefinition {
  /** One value, with the call. */
  readonly input?: TSchema;
  /** Items from the caller. */
  readonly sends?: TSchema;
  /** Items from the callee. */
  readonly yields?: TSchema;
  /** One value, which ends the call. */
  readonly output?: TSchema;
  /** What may come instead of the output: code to the schema of its data. None of our own codes, as `cancelled`. */
  readonly errors?: Readonly<Record<string, TSchema>>;
  /** Whether running twice is as good as once: the call may then be sent again when it may have run. Default false. */
  readonly idempotent?: boolean;
}

/** The calls of a protocol: name to definition. */
export type CallDefinitions = Readonly<Record<string, CallDefinition>>;

/** What a program knows of a call at run time: which parts of `CallDefinition` it has. */
export interface CallShape {
  readonly name: string;
  readonly hasInput: boolean;
  /** Whether the caller sends items. */
  readonly sends: boolean;
  /** Whether the callee yields items. */
  readonly yields: boolean;
  readonly hasOutput: boolean;
  /** The codes of its declared errors. */
  readonly errors: readonly string[];
  /** Whether it may be sent again when it may have run. */
  readonly idempotent: boolean;
}

/** The calls of a protocol at run time: without a prototype, since names come from the peer. */
export type CallShapes = Readonly<Record<string, CallShape>>;
