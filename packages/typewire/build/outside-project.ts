// An empty project outside the repository, as a user has one: installs, compiles and runs there.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** How a command ended, and all that it printed. */
export interface Ran {
  readonly exitCode: number;
  readonly output: string;
}

/** What a compiler said of a program. */
export interface Compiled {
  /** Empty where the program is right. */
  readonly complaints: string;
  readonly checked: readonly string[];
}

const INSTALL = {
  bun: [process.execPath, "add", "--no-progress"],
  npm: ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
} as const;

const COMMAND_DEADLINE_MS = 180_000;

/** A project that one package manager fills; `using` removes its folder. */
export class OutsideProject implements Disposable {
  readonly folder: string;
  readonly #manager: keyof typeof INSTALL;

  constructor(manager: keyof typeof INSTALL) {
    this.#manager = manager;
    this.folder = mkdtempSync(join(tmpdir(), `typewire-${manager}-`));
    this.write("package.json", JSON.stringify({ private: true, type: "module" }));
  }

  /** Installs packages, by name, range or path of a tarball. */
  install(...packages: readonly string[]): void {
    this.mustRun([...INSTALL[this.#manager], ...packages]);
  }

  write(path: string, text: string): void {
    const target = join(this.folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  /** Runs a command in the project's folder to its end. */
  run(command: readonly string[]): Ran {
    const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
      cwd: this.folder,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
      timeout: COMMAND_DEADLINE_MS,
    });
    return { exitCode, output: `${stdout.toString()}${stderr.toString()}`.trim() };
  }

  /** The same, and what it printed; throws all of that unless it ended with 0. */
  mustRun(command: readonly string[]): string {
    const { exitCode, output } = this.run(command);
    if (exitCode === 0) return output;
    throw new Error(`${command.join(" ")}: exit ${exitCode}\n${output}`);
  }

  /**
   * Compiles `files` with the project's TypeScript, run by `node`: under Bun, what it prints to a pipe is cut
   * where it ends. Returns what it complained of, if anything, and every file that it looked at.
   */
  compile(node: string, compilerOptions: object, files: readonly string[]): Compiled {
    this.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
    const bin = join("node_modules", "typescript", "bin", "tsc");
    const { exitCode, output } = this.run([node, bin, "--noEmit", "--listFiles"]);
    const lines = output.split("\n");
    const checked = lines.filter((line) => isAbsolute(line));
    const complaints = lines.filter((line) => !isAbsolute(line)).join("\n");
    return { checked, complaints: exitCode === 0 ? "" : complaints || `exit ${exitCode}` };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
