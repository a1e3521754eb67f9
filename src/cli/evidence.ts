/** `lading evidence`: what registries hold about images, kept in an archive for those who cannot ask. */
import { resolve } from "node:path";
import { isTarName, openEvidenceArchive } from "../files/evidence-archive.ts";
import { keptOf, subjectName } from "../model/archive.ts";
import { LadingError } from "../model/errors.ts";
import { nameProblem, type RepositoryLocation } from "../model/reference.ts";
import { createArchiveCollect } from "../registry/archive.ts";
import { connect } from "../registry/connection.ts";
import { createPush } from "../registry/push.ts";
import { printable } from "../report/text.ts";
import { runExport } from "./evidence-export.ts";
import { EXIT } from "./exit.ts";
import { describeOptions, nearest, type Options, parse, text } from "./options.ts";
import { write } from "./output.ts";
import { settings } from "./settings.ts";
import { VERSION } from "./version.ts";

export const EVIDENCE: Options = {
  to: { type: "string", value: "PLACE", help: "export: a new folder, or a file ending with .tar; import: REGISTRY/REPOSITORY" },
  policy: { type: "string", value: "FILE", help: "policy file (default: lading.yaml, from the folder upwards)" },
  help: { type: "boolean", short: "h", help: "this text" },
};

export const HELP = `lading evidence export [PATH|IMAGE]... --to FOLDER|FILE.tar
lading evidence import ARCHIVE --to REGISTRY/REPOSITORY
lading evidence list ARCHIVE

export asks registries what is attached to every image that is found (default: in this folder) or named, and keeps
the signatures and attestations in an OCI image layout, together with what was asked and when.
import puts them into a repository, so that those who ask that registry find them.
list prints what an archive holds.

Options:
${describeOptions(EVIDENCE)}

Exit codes: 0 done, 2 usage or policy file, 3 nothing to export, 4 something could not be asked, read or stored.
`;

export async function run(args: readonly string[], cwd: string): Promise<number> {
  const { values, paths } = await parse(args, EVIDENCE);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  const [verb, ...rest] = paths;
  const to = text(values["to"]);
  if (verb === "export") {
    if (to === undefined) throw new LadingError("usage", "export needs --to: where the archive is to be", "--to evidence.tar, or --to a new folder");
    return runExport(values, rest, resolve(cwd, to), to, cwd);
  }
  const [archive, ...more] = rest;
  if ((verb === "import" || verb === "list") && (archive === undefined || more.length > 0)) throw new LadingError("usage", `${verb} takes one archive`, "see lading evidence --help");
  if (verb === "list") return list(resolve(cwd, archive!), archive!);
  if (verb === "import") {
    if (to === undefined) throw new LadingError("usage", "import needs --to: the repository to put the evidence into", "--to registry.example.com/evidence");
    const { policy } = await settings({ policy: values["policy"], "no-cache": true }, [], cwd, false);
    return importInto(resolve(cwd, archive!), archive!, placeOf(to), connect({ policy, version: VERSION }));
  }
  const near = verb === undefined ? undefined : await nearest(verb, ["export", "import", "list"]);
  throw new LadingError("usage", verb === undefined ? "evidence takes export, import or list" : `there is no lading evidence ${verb}`, near ? `did you mean lading evidence ${near}?` : "see lading evidence --help");
}

/** Reads `REGISTRY/REPOSITORY`; the registry is written out, since this is where something is stored. */
function placeOf(to: string): RepositoryLocation {
  const slash = to.indexOf("/");
  const registry = to.slice(0, Math.max(0, slash));
  if (!/[.:]|^localhost$/.test(registry) || nameProblem(to) !== undefined)
    throw new LadingError("usage", `--to ${printable(to)} is not REGISTRY/REPOSITORY`, isTarName(to) ? "import stores into a registry; export writes files" : "write the registry out, and no tag: registry.example.com/evidence");
  return { registry, repository: to.slice(slash + 1) };
}

async function list(path: string, file: string): Promise<number> {
  const archive = openEvidenceArchive(path, file);
  const collect = createArchiveCollect(archive);
  let open = false;
  for (const subject of archive.record.subjects) {
    const { artifacts, gaps } = await collect(subject);
    open ||= gaps.length > 0;
    const lines = [
      `${subjectName(subject)}  asked ${subject.asked}`,
      ...artifacts.map(({ digest, artifactType, found }) => `  ${digest}  ${artifactType}  ${found.filter((way) => way !== "archive").join(", ")}`),
      ...gaps.map(({ message }) => `  could not tell: ${message}`),
      ...(artifacts.length === 0 && gaps.length === 0 ? ["  nothing was attached that could prove something"] : []),
    ];
    await write(process.stdout, lines.map((line) => `${printable(line)}\n`).join(""));
  }
  return open ? EXIT.failed : EXIT.clean;
}

async function importInto(path: string, file: string, place: RepositoryLocation, connection: ReturnType<typeof connect>): Promise<number> {
  const archive = openEvidenceArchive(path, file);
  const collect = createArchiveCollect(archive, true);
  const push = createPush(connection);
  const subjects = [...new Map(archive.record.subjects.map((subject) => [subject.digest, subject])).values()];
  const counts = { stored: 0, present: 0, failed: 0 };
  for (const subject of subjects) {
    const found = await collect(subject);
    const { stored, present, failed } = await push(place, subject.digest, keptOf(found));
    const unread = found.gaps.filter(({ artifact }) => artifact !== undefined).map(({ message }) => message);
    const complaints = [...unread, ...failed.map(({ what, why }) => `${what}: ${why.message}`)];
    for (const complaint of complaints) await write(process.stderr, `${printable(`error: ${complaint}`)}\n`);
    counts.stored += stored.length;
    counts.present += present.length;
    counts.failed += complaints.length;
  }
  await write(process.stdout, `stored ${counts.stored}, already there ${counts.present}, failed ${counts.failed}: evidence about ${subjects.length} ${subjects.length === 1 ? "digest" : "digests"} in ${place.registry}/${place.repository}\n`);
  return counts.failed > 0 ? EXIT.failed : EXIT.clean;
}
