// What this package uses of a host beyond what the packages below declare: the parts of fetch's Response and
// streams that Bun, Node, Deno and browsers have alike (WHATWG Fetch, Streams), and a digest (Web Cryptography).

declare class Response {
  constructor(
    body: string | ReadableStream,
    init?: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> },
  );
  readonly status: number;
}

declare class ReadableStream {
  constructor(
    source: {
      start(controller: {
        readonly desiredSize: number | null;
        enqueue(chunk: Uint8Array): void;
        close(): void;
      }): void;
      cancel(): void;
    },
    strategy?: { readonly highWaterMark?: number },
  );
}

declare class URL {
  constructor(url: string);
  readonly pathname: string;
  readonly host: string;
  readonly hostname: string;
}

declare const crypto: {
  readonly subtle: { digest(name: "SHA-256", bytes: Uint8Array): Promise<ArrayBuffer> };
};

declare function btoa(text: string): string;
declare function atob(text: string): string;
