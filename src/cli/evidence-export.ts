/** `lading evidence export`. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { writeEvidenceArchive } from "../files/evidence-archive.ts";
import { type Exported, keptOf, subjectName } from "../model/archive.ts";
import { LadingError } from "../model/errors.ts";
import type { Subject } from "../model/evidence.ts";
import { type Gather, type Manifest, type Question, questionKey } from "../model/facts.ts";
import { type Digest, formatReference, type ImageReference, locate, parseReference } from "../model/reference.ts";
import { stateOf } from "../model/state.ts";
import { exportEvidence } from "../pipeline/export-evidence.ts";
import { settled, survey } from "../pipeline/survey.ts";
import { createCollect } from "../registry/collect.ts";
import { connect } from "../registry/connection.ts";
import { createGather } from "../registry/gather.ts";
import { createReadSubject } from "../registry/subject.ts";
import { printable } from "../report/text.ts";
import { EXIT, NOTHING } from "./exit.ts";
import type { Values } from "./options.ts";
import { write } from "./output.ts";
import { progress } from "./progress.ts";
import { settings } from "./settings.ts";
import { VERSION } from "./version.ts";
import { openWorkspace } from "./workspace.ts";

export async function runExport(values: Values, given: readonly string[], target: string, to: string, cwd: string): Promise<number> {
  const { paths, images } = sort(given, cwd);
  const { policy, policyFolder } = await settings({ policy: values["policy"], "no-cache": true }, paths, cwd, false);
  const found = given.length > 0 && paths.length === 0 ? [] : await imagesIn(paths, cwd, policy, policyFolder);
  const references = [...new Map([...images, ...found].map((reference) => [formatReference(reference), reference])).values()];
  if (references.length === 0) return write(process.stderr, NOTHING).then(() => EXIT.nothing);
  const connection = connect({ policy, version: VERSION });
  const { subjects, open } = await resolveAll(references, createGather({ policy, version: VERSION, connection }));
  const exported = await exportEvidence(subjects, {
    collect: createCollect({ policy, version: VERSION, connection, configs: true }),
    readSubject: createReadSubject({ policy, version: VERSION, connection }),
    now: () => new Date().toISOString(),
    onProgress: progress("asking registries"),
  });
  const bytes = writeEvidenceArchive(target, exported, VERSION);
  await write(process.stdout, exported.map(describe).join(""));
  for (const line of open) await write(process.stderr, `${printable(`error: ${line}`)}\n`);
  const artifacts = new Set(exported.flatMap(({ collected }) => keptOf(collected).map(({ digest }) => digest))).size;
  await write(process.stdout, `${count(exported.length, "digest")}, ${count(artifacts, "artifact")} with signatures or attestations, ${Math.ceil(bytes / 1024)} KiB in ${printable(to)}\n`);
  return open.length > 0 || exported.some(({ collected }) => collected.gaps.length > 0) ? EXIT.failed : EXIT.clean;
}

/** Arguments that are there are paths; the others have to be images. */
function sort(given: readonly string[], cwd: string): { paths: string[]; images: ImageReference[] } {
  const paths = given.filter((argument) => existsSync(resolve(cwd, argument)));
  const images = given.filter((argument) => !paths.includes(argument)).map((argument) => {
    const parsed = parseReference(argument);
    if (!parsed.ok) throw new LadingError("usage", `${printable(argument)} is neither here nor an image: ${parsed.problem.message}`);
    if (parsed.reference.tag === undefined && parsed.reference.digest === undefined)
      throw new LadingError("usage", `${printable(argument)} is not here, and as an image it has neither tag nor digest`, `${argument}:TAG or ${argument}@sha256:…`);
    return parsed.reference;
  });
  return { paths, images };
}

async function imagesIn(paths: readonly string[], cwd: string, policy: Awaited<ReturnType<typeof settings>>["policy"], policyFolder: string): Promise<ImageReference[]> {
  const workspace = await openWorkspace(paths, cwd, { paths: policy.paths, fields: policy.fields, policyFolder });
  const { located } = settled(await survey(workspace, policy.fields));
  return located.flatMap(({ sites }) => sites).flatMap((site) => (site.reading.is === "reference" && stateOf(site) !== "not-run" ? [site.reading.reference] : []));
}

interface Resolved {
  readonly subjects: Subject[];
  /** What could not be resolved, as sentences. */
  readonly open: string[];
}

/** The digests of references: as pinned, else what the tag names now. What has neither runs as nothing that could be proved. */
async function resolveAll(references: readonly ImageReference[], gather: Gather): Promise<Resolved> {
  const answers = await gather(references.filter(({ tag, digest }) => tag !== undefined || digest === undefined).map(tagQuestion));
  const open: string[] = [];
  const tagged = (reference: ImageReference): Manifest | undefined => {
    const answer = answers.get(questionKey(tagQuestion(reference)));
    if (answer?.is === "known") return answer.value;
    // A pin whose tag is gone is proved by its digest all the same.
    if (answer?.is === "unknown" || (answer && reference.digest === undefined)) open.push(`${formatReference(reference)}: ${answer.is === "unknown" ? answer.why.message : "there is no such image"}`);
    return undefined;
  };
  const found = references.map((reference) => ({ reference, names: tagged(reference) }));
  const parents = await parentsOf(found, gather);
  const subjects = found.flatMap(({ reference, names }) => {
    const digest = reference.digest ?? names?.digest;
    return digest === undefined ? [] : [subjectOf(reference, digest)];
  });
  return { subjects: [...new Map([...subjects, ...parents].map((subject) => [subjectName(subject), subject])).values()], open };
}

/** The indexes that the tags beside pins name and that list what is pinned: their signatures cover it. */
async function parentsOf(found: readonly { readonly reference: ImageReference; readonly names: Manifest | undefined }[], gather: Gather): Promise<Subject[]> {
  const asking = found.flatMap(({ reference, names }) => {
    if (reference.digest === undefined || names?.kind !== "index" || names.digest === reference.digest) return [];
    return [{ reference, question: { ...locate(reference.name), selector: names.digest, body: true } }];
  });
  const answers = await gather(asking.map(({ question }) => question));
  return asking.flatMap(({ reference, question }) => {
    const answer = answers.get(questionKey(question));
    return answer?.is === "known" && answer.value.children?.includes(reference.digest!) ? [subjectOf(reference, answer.value.digest)] : [];
  });
}

const subjectOf = ({ name }: ImageReference, digest: Digest): Subject => ({ ...locate(name), digest });

/** A reference without a tag runs as `latest`. */
const tagQuestion = ({ name, tag }: ImageReference): Question => ({ ...locate(name), selector: tag ?? "latest", body: false });

function describe({ collected, ...subject }: Exported): string {
  const kept = keptOf(collected).length;
  const lines = [
    `${subjectName(subject)}  ${kept > 0 ? count(kept, "artifact") : collected.gaps.length === 0 ? "nothing is attached that could prove something" : ""}`.trimEnd(),
    ...collected.gaps.map(({ message }) => `  could not tell: ${message}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
