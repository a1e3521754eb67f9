/** `lading pin`: writes digests where tags stand. */
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { encode } from "../files/load.ts";
import { wayFrom } from "../files/paths.ts";
import { writeAtomically } from "../files/write.ts";
import { LadingError } from "../model/errors.ts";
import type { Gather } from "../model/facts.ts";
import { pin, type PinOptions, type PinOutcome } from "../pipeline/pin.ts";
import { printable } from "../report/text.ts";
import { EXIT, exitCode, NOTHING } from "./exit.ts";
import { describeOptions, parse, PIN, type Values } from "./options.ts";
import { print, targets, write } from "./output.ts";
import { lookedAt, type Settings, settings } from "./settings.ts";
import { openWorkspace, standardInput } from "./workspace.ts";

export const HELP = `lading pin [PATH|-]...

Asks the registry once for each unpinned reference and writes its digest into the file, touching no other byte.
PATH is a file or a folder (default: this folder); - reads standard input and writes standard output.

Options:
${describeOptions(PIN)}

Exit codes: 0 all pinned, 1 findings are left (or, with --check, something would change), 2 usage or policy
file, 3 nothing to check, 4 could not do its job.
`;

type Write = PinOptions["write"];

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths } = await parse(args, PIN);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  const to = await targets(values);
  const set = await settings(values, paths, cwd);
  const piped = paths.length === 1 && paths[0] === "-";
  if (piped && values["interactive"] === true)
    throw new LadingError("usage", "--interactive needs a terminal, and standard input is the manifest", "give a file instead of -");
  const input = piped ? await buffer(process.stdin) : undefined;
  // The registry client is loaded while Git lists.
  const opening = input ? standardInput(input) : openWorkspace(paths, cwd, lookedAt(set));
  const [workspace, gather] = await Promise.all([opening, openGather(set)]);
  const stream = input && new PassThrough(input);
  const proofs = !piped && (values["render"] === true || set.policy.render) ? await (await import("./proofs.ts")).openProofs(workspace, set) : undefined;
  const outcome = await pin(workspace, {
    ...set.run,
    gather,
    unsafe: values["unsafe-fixes"] === true,
    verify: values["verify"] === true,
    ...(proofs ? { proving: proofs.proving } : {}),
    write: await writer(values, workspace.root, piped ? "" : wayFrom(cwd, workspace.root), stream),
  });
  set.caches?.save();
  proofs?.save();
  if (stream) await stream.flush();
  // With a manifest or a diff on standard output, the report is for standard error.
  const out = piped || values["diff"] === true ? process.stderr : process.stdout;
  await print(outcome.report, to, values, cwd, out);
  const code = exitCode(outcome.report, set.failOn, set.strict);
  await write(process.stderr, code === EXIT.nothing ? NOTHING : summary(outcome, values));
  return exit(outcome, values, code);
}

const openGather = async (set: Settings): Promise<Gather> => (await import("./asking.ts")).openRegistries(set).gather;

/** What to do with each file's change. */
async function writer(values: Values, root: string, prefix: string, stream: PassThrough | undefined): Promise<Write> {
  if (values["diff"] === true) {
    const { forTerminal, showDiff } = await import("./diff.ts");
    return async (rewrite) => {
      const patch = showDiff(rewrite, prefix);
      await write(process.stdout, process.stdout.isTTY ? forTerminal(patch) : patch);
      return "shown";
    };
  }
  if (values["check"] === true) return async () => "shown";
  if (stream) return stream.take;
  const toDisk: Write = async ({ source, after }) => {
    await writeAtomically(join(root, source.path), encode({ ...source, text: after }), encode(source));
    return "written";
  };
  if (values["interactive"] !== true) return toDisk;
  const { askEach } = await import("./interactive.ts");
  return askEach(toDisk, prefix);
}

/** Standard input to standard output: changed when there is something to pin, else as it came. */
class PassThrough {
  private bytes: Buffer;

  constructor(original: Buffer) {
    this.bytes = original;
  }

  readonly take: Write = async ({ source, after }) => {
    this.bytes = encode({ ...source, text: after });
    return "written";
  };

  async flush(): Promise<void> {
    await new Promise<void>((done) => process.stdout.write(this.bytes, () => done()));
  }
}

function summary({ pinned, files, pending, declined, refused, rendered }: PinOutcome, values: Values): string {
  const lines = [...(rendered?.failures ?? []).map(({ root, why }) => printable(`not proved: ${root.folder || root.said.file}: ${why.message}`)), ...refused.map(({ file, why }) => printable(`error: ${file} was left alone: ${why}`))];
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  if (values["diff"] === true || values["check"] === true) lines.push(`would pin ${count(pending, "reference")}`);
  else lines.push(`pinned ${count(pinned, "reference")} in ${count(files, "file")}${declined > 0 ? `, declined ${declined}` : ""}`);
  if (rendered) lines.push(`rendered ${count(rendered.renders, "time")} to prove ${count(rendered.proved, "place")} in Helm values${rendered.failures.length === 0 ? "" : `; ${count(rendered.failures.length, "root")} did not render`}`);
  return `${lines.join("\n")}\n`;
}

function exit({ refused, pending }: PinOutcome, values: Values, code: number): number {
  if (refused.length > 0) return EXIT.failed;
  if (values["check"] === true && pending > 0 && code === EXIT.clean) return EXIT.findings;
  return code;
}
