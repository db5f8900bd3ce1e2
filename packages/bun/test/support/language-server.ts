// The language server that an editor talks to, as a child process: hovers, definitions and renames of the
// files of this package, by line and by name. The protocol is LSP 3.17 over stdio: JSON behind a header.

import { pathToFileURL } from "node:url";

import { within } from "@typewire/testkit";

const repository = new URL("../../../../", import.meta.url);

/** A place in a file: zero-based, in UTF-16 code units, as LSP counts. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A span of a file that the server names: for a definition, or an edit of a rename. */
export interface Place {
  readonly file: string;
  readonly start: Position;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
}

/** One server for one test file; `await using` ends its process. */
export class LanguageServer implements AsyncDisposable {
  readonly #process = Bun.spawn({
    cmd: [process.execPath, "node_modules/typescript/bin/tsc", "--lsp", "--stdio"],
    cwd: repository.pathname,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #received = Buffer.alloc(0);
  #lastId = 0;

  /** Starts a server and opens `files`. */
  static async open(...files: readonly string[]): Promise<LanguageServer> {
    const server = new LanguageServer();
    void server.#read();
    await server.#request("initialize", {
      processId: process.pid,
      rootUri: repository.href,
      capabilities: { textDocument: { hover: { contentFormat: ["plaintext"] } } },
    });
    server.#send({ method: "initialized", params: {} });
    for (const file of files) {
      const text = await Bun.file(file).text();
      const textDocument = { uri: uriOf(file), languageId: "typescript", version: 1, text };
      server.#send({ method: "textDocument/didOpen", params: { textDocument } });
    }
    return server;
  }

  /** What an editor shows at this place: the type, and the documentation below it. */
  async hover(file: string, position: Position): Promise<string> {
    const params = { textDocument: { uri: uriOf(file) }, position };
    const hover = (await this.#request("textDocument/hover", params)) as {
      contents: { value: string };
    };
    return hover.contents.value;
  }

  async definition(file: string, position: Position): Promise<Place[]> {
    const params = { textDocument: { uri: uriOf(file) }, position };
    const found = (await this.#request("textDocument/definition", params)) as
      Location | Location[] | null;
    return [found ?? []].flat().map(placeOf);
  }

  /** The places that a rename would change. */
  async rename(file: string, position: Position): Promise<Place[]> {
    const params = { textDocument: { uri: uriOf(file) }, position, newName: "renamed" };
    const edit = (await this.#request("textDocument/rename", params)) as {
      changes?: Record<string, { range: Range }[]>;
    } | null;
    return Object.entries(edit?.changes ?? {}).flatMap(([uri, edits]) =>
      edits.map(({ range }) => placeOf({ uri, range })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }

  #request(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, resolve);
    this.#send({ id, method, params });
    return within(promise, () => `no answer to ${method}`, 60_000);
  }

  #send(message: object): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
    void this.#process.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    void this.#process.stdin.write(body);
    void this.#process.stdin.flush();
  }

  async #read(): Promise<void> {
    for await (const chunk of this.#process.stdout) {
      this.#received = Buffer.concat([this.#received, chunk]);
      for (let answer = this.#take(); answer !== undefined; answer = this.#take()) {
        const { id, method, result } = answer;
        if (id === undefined) continue;
        // What the server asks of an editor: its settings, of which there are none.
        if (method !== undefined) this.#send({ id, result: null });
        else this.#waiting.get(id)?.(result);
      }
    }
  }

  /** The next whole message of what has come. */
  #take(): Answer | undefined {
    const headerEnd = this.#received.indexOf("\r\n\r\n");
    if (headerEnd < 0) return undefined;
    const length = Number(/\d+/.exec(this.#received.toString("latin1", 0, headerEnd))?.[0]);
    const bodyAt = headerEnd + 4;
    if (this.#received.length < bodyAt + length) return undefined;
    const body = this.#received.toString("utf8", bodyAt, bodyAt + length);
    this.#received = this.#received.subarray(bodyAt + length);
    return JSON.parse(body) as Answer;
  }
}

interface Range {
  readonly start: Position;
}

interface Location {
  readonly uri: string;
  readonly range: Range;
}

function uriOf(file: string): string {
  return pathToFileURL(file).href;
}

function placeOf({ uri, range }: Location): Place {
  return { file: new URL(uri).pathname, start: range.start };
}
