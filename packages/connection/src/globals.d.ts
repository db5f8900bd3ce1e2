// The only globals this package uses beyond the language itself. Declaring them here, with `types: []`,
// keeps every host API out.

declare function queueMicrotask(callback: () => void): void;
declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare function setImmediate(callback: () => void): unknown;
declare function clearImmediate(timer: unknown): void;
declare const performance: { now(): number };

declare class AbortController {
  readonly signal: {
    readonly aborted: boolean;
    readonly reason: unknown;
    addEventListener(type: "abort", listener: () => void): void;
    removeEventListener(type: "abort", listener: () => void): void;
  };
  abort(reason: unknown): void;
}
