/** Drives the registry process. */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";

export type Question =
  | { readonly ask: "start"; readonly references: readonly string[]; readonly latencyMs: number }
  /** What was asked since the last time. */
  | { readonly ask: "log" };

export interface Answer {
  readonly host: string;
  readonly heads: number;
  readonly unique: number;
  readonly other: number;
}

export class RegistryProcess {
  readonly #child: ChildProcess;
  host = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(references: readonly string[], latencyMs: number): Promise<RegistryProcess> {
    const child = fork(join(import.meta.dirname, "registry-process.ts"), { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const started = new RegistryProcess(child);
    started.host = (await started.#ask({ ask: "start", references, latencyMs })).host;
    return started;
  }

  log(): Promise<Answer> {
    return this.#ask({ ask: "log" });
  }

  stop(): void {
    this.#child.disconnect();
  }

  #ask(question: Question): Promise<Answer> {
    return new Promise((done, failed) => {
      const ended = (): void => failed(new Error("the registry process ended"));
      this.#child.once("exit", ended);
      this.#child.once("message", (answer) => {
        this.#child.off("exit", ended);
        done(answer as Answer);
      });
      this.#child.send(question);
    });
  }
}
