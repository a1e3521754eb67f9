/** The entry: finds the command, turns what is thrown into a message and an exit code. */
import { LadingError } from "../model/errors.ts";
import { printableLines } from "../report/text.ts";
import { VERSION } from "./version.ts";

const HELP = `lading ${VERSION}: pins every container image of a GitOps repository

  lading check [PATH|-]...       find and judge every image reference
  lading render [PATH]...        what helm and kustomize make of it, each image with the line that set it
  lading pin [PATH|-]...         write digests where tags stand
  lading inspect IMAGE           what is attached to one image, who signed it, and the policy's verdict
  lading trust show|update       whom the policy trusts; fetch its trust roots
  lading demo                    see it work: a registry and a repository of its own, no network
  lading baseline write|prune    accept what is there today
  lading evidence export|import  keep signatures for those who cannot ask registries
  lading explain RULE            what a rule wants, and what to do
  lading explain FILE:LINE       why something is taken for an image, or not
  lading rules                   all rules
  lading schema [NAME]           JSON Schemas: policy, report, baseline and others
  lading init                    a policy file to start from

\`lading COMMAND --help\` says more. Exit codes: 0 clean, 1 findings, 2 usage or policy file, 3 nothing to check,
4 could not do its job.
`;

type Command = (args: readonly string[], cwd: string) => Promise<number>;

/** Each command is loaded when it is called: start-up is what a pre-commit hook costs. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await import("./check.ts")).run,
  render: async () => (await import("./render.ts")).run,
  pin: async () => (await import("./pin.ts")).run,
  demo: async () => (await import("./demo.ts")).run,
  baseline: async () => (await import("./baseline.ts")).run,
  evidence: async () => (await import("./evidence.ts")).run,
  explain: async () => (await import("./explain.ts")).run,
  rules: async () => (await import("./explain.ts")).list,
  schema: async () => (await import("./init.ts")).schema,
  inspect: async () => (await import("./inspect.ts")).run,
  trust: async () => (await import("./trust.ts")).run,
  init: async () => (await import("./init.ts")).run,
};

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-V") return say(process.stdout, `${VERSION}\n`, 0);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return say(process.stdout, HELP, name === undefined ? 2 : 0);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command) return (await command())(rest, process.cwd());
  const { nearest } = await import("./options.ts");
  const near = await nearest(name, Object.keys(COMMANDS));
  throw new LadingError("usage", `there is no command ${name}`, near ? `did you mean lading ${near}?` : "see lading --help");
}

function say(out: NodeJS.WriteStream, text: string, code: number): number {
  out.write(text);
  return code;
}

const EXIT_OF: Readonly<Record<string, number>> = { usage: 2, policy: 2, io: 4, internal: 4 };

function complain(error: unknown): number {
  // Bundled parts carry copies of the class, so the name tells, not `instanceof`.
  if (error instanceof Error && error.name === "LadingError") {
    const { kind, message, hint } = error as LadingError;
    process.stderr.write(`error: ${printableLines(message)}\n${hint === undefined ? "" : `  = help: ${printableLines(hint)}\n`}`);
    return EXIT_OF[kind] ?? 4;
  }
  process.stderr.write(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nplease report this\n`);
  return 4;
}

let lost = false;

// A reader that has seen enough (`| head`) changes nothing about the findings. A full disk does.
for (const out of [process.stdout, process.stderr]) {
  out.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") lost = true;
  });
}

main(process.argv.slice(2)).then(
  (code) => { process.exitCode = lost ? 4 : code; },
  (error: unknown) => { process.exitCode = complain(error); },
);
