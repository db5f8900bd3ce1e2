// Types of the host's that a program sees in declarations, found by name where its own types have them: so the
// declarations compile without the DOM's and without Bun's.

/** The host's `Response`; `never` of use where a program's types have none. */
export type HostResponse = typeof globalThis extends {
  Response: { prototype: infer Response };
}
  ? Response
  : { readonly status: number };

/** Of a request, what is looked at. */
export interface RequestLike {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}
