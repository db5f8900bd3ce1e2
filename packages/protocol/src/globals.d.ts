// The only globals this package uses beyond the language itself. They exist in every JavaScript
// runtime; declaring them here, with `types: []`, keeps every host API out.

declare class TextEncoder {
  encode(source: string): Uint8Array;
  encodeInto(source: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label: "utf-8", options: { readonly fatal?: boolean; readonly ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}
