/** `lading trust show|update`: what the policy trusts, and the one command that fetches trust roots. */
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { cacheFolder } from "../files/answer-cache.ts";
import { replaceRoot } from "../files/root-source.ts";
import { reader, trustedRoot } from "../files/trust.ts";
import { LadingError, messageOf } from "../model/errors.ts";
import type { NamedRoot, Policy } from "../model/policy.ts";
import { printable } from "../report/text.ts";
import { COMMON, describeOptions, nearest, type Options, parse, text } from "./options.ts";
import { write } from "./output.ts";
import { policyOf } from "./settings.ts";
import { describeTrust, type Shown } from "./trust-show.ts";

const MAX_AGE = 90;

export const TRUST: Options = {
  policy: COMMON["policy"]!,
  "max-age": { type: "string", value: "DAYS", help: `show: warn of roots fetched longer ago (default: ${MAX_AGE})` },
  format: { type: "string", short: "f", value: "NAME", help: "show: pretty (default), json" },
  help: COMMON["help"]!,
};

export const HELP = `lading trust show|update [NAME]

show: prints the signers and trust roots of the policy: keys, certificates, how long they hold, how old they are.
update: fetches trust roots from the TUF repositories that the policy names for them. Nothing else in lading does.

Options:
${describeOptions(TRUST)}

Exit codes: 0 done, 1 show has something to warn of, 2 usage or policy file, 4 a repository was not believed.
`;

interface Found {
  readonly policy: Policy;
  /** Absolute. */
  readonly file: string;
  /** As messages show it. */
  readonly shown: string;
}

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths: [verb, name, ...more] } = await parse(args, TRUST);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  if ((verb !== "show" && verb !== "update") || more.length > 0) throw new LadingError("usage", "trust needs a verb and at most one name", "lading trust show, or lading trust update");
  const { policy, file } = await policyOf(values, cwd, cwd);
  if (file === undefined) throw new LadingError("usage", "there is no policy, so nobody is trusted", "lading init writes one; --policy names it");
  const found: Found = { policy, file, shown: policy.file ?? file };
  if (verb === "update") return update(found, name);
  const format = text(values["format"]) ?? "pretty";
  if (format !== "pretty" && format !== "json") throw new LadingError("usage", `trust show has no format ${format}`, "pretty or json");
  return show(found, name, days(text(values["max-age"])), format);
}

function days(given: string | undefined): number {
  if (given === undefined) return MAX_AGE;
  if (!/^\d{1,5}$/.test(given)) throw new LadingError("usage", `--max-age ${given} is no number of days`);
  return Number(given);
}

async function show({ policy, file, shown }: Found, name: string | undefined, maxAge: number, format: "pretty" | "json"): Promise<number> {
  const all = [...policy.signers, ...policy.trustRoots].map((one) => one.name);
  if (name !== undefined && !all.includes(name)) throw await unknown(name, all, "signer or trust root");
  const described = describeTrust(policy, file, shown, Date.now(), maxAge).filter((one) => name === undefined || one.name === name);
  await write(process.stdout, format === "json" ? `${JSON.stringify(described, null, 2)}\n` : pretty(described));
  return described.some(({ warnings }) => warnings.length > 0) ? 1 : 0;
}

function pretty(described: readonly Shown[]): string {
  if (described.length === 0) return "The policy names no signers and no trust roots.\n";
  return `${described.map(({ name, kind, lines, warnings }) => [`${name} (${kind})`, ...lines.map((line) => `  ${line}`), ...warnings.map((line) => `  warning: ${line}`)].map(printable).join("\n")).join("\n\n")}\n`;
}

async function update({ policy, file, shown }: Found, name: string | undefined): Promise<number> {
  const wanted = policy.trustRoots.filter((root) => (name === undefined ? root.update !== undefined : root.name === name));
  if (name !== undefined && wanted.length === 0) throw await unknown(name, policy.trustRoots.map((one) => one.name), "trust root");
  if (wanted.length === 0) throw new LadingError("usage", "no trust root of the policy says where it comes from", "name a TUF repository under trustRoots.NAME.update");
  for (const root of wanted) await write(process.stdout, `${printable(await updateOne(root, file, shown))}\n`);
  return 0;
}

async function updateOne({ name, file: named, update: source }: NamedRoot, policyFile: string, shown: string): Promise<string> {
  if (!source) throw new LadingError("usage", `the policy does not say where the trust root ${name} comes from`, `name a TUF repository under trustRoots.${name}.update`);
  const { fetchTarget } = await import("../registry/tuf.ts");
  const initialRoot = source.initialRoot && reader(policyFile, shown)(source.initialRoot, (text) => Buffer.from(text));
  const bytes = await fetchTarget({ ...source, initialRoot, folder: join(cacheFolder(process.env, homedir()), "tuf") });
  try {
    trustedRoot(bytes.toString("utf8"));
  } catch (error) {
    throw new LadingError("io", `${source.target} of ${source.mirror} ${messageOf(error)}`, "nothing was written");
  }
  const outcome = await replaceRoot(resolve(dirname(policyFile), named.path), bytes, { ...source, fetched: new Date().toISOString() });
  return outcome === "same" ? `${name}: ${named.path} is what ${source.mirror} has` : `${name}: wrote ${named.path}, from ${source.mirror}; commit it with ${named.path}.source`;
}

async function unknown(name: string, known: readonly string[], what: string): Promise<LadingError> {
  const near = await nearest(name, known);
  return new LadingError("usage", `the policy has no ${what} "${name}"`, near === undefined ? `there ${known.length === 1 ? "is" : "are"}: ${known.join(", ") || "none"}` : `did you mean ${near}?`);
}
