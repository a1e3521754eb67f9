/**
 * Does `lading pin` write the right digests, and nothing else? The whole corpus is pinned against
 * several registries; programs that share no code with src/ judge the outcome.
 */
import { cpSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReportedReference } from "../../src/model/report.ts";
import { commitAll, linksOf, listFiles, readKustomizeRoots, readReferences, unpackCorpus } from "../tools/corpus.ts";
import { askDigest, fillRegistry, sha256 } from "../tools/fill.ts";
import { installKustomize } from "../tools/install.ts";
import { lading, report, type RunOptions } from "../tools/lading.ts";
import { hostAsComponent, manifestPath, wanted, wantedKey, type Wanted } from "../tools/reference.ts";
import { startCraneRegistry, startDockerRegistry, startEmbeddedRegistry, type RunningRegistry, type Started } from "../tools/registries.ts";
import { percent, table } from "../tools/table.ts";
import { imagesOf, renderAll, sourcesOf, type Rendered } from "./kustomize.ts";
import { Problems } from "./problems.ts";
import { verifyDocuments, verifyRendered, verifyText, type DigestEdit } from "./verify.ts";

/** How many of each kind of problem are printed; the rest is counted. `--verbose` prints all. */
const SHOWN = process.argv.includes("--verbose") ? Infinity : 12;
const only = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));

const work = mkdtempSync(join(tmpdir(), "lading-bench-pin-"));
process.once("exit", () => rmSync(work, { recursive: true, force: true }));

const corpus = unpackCorpus();
const files = listFiles(corpus);
const links = linksOf(corpus);
const originals = new Map(files.filter((file) => !lstatSync(join(corpus, file)).isSymbolicLink()).map((file) => [file, readFileSync(join(corpus, file))]));
const kustomize = await installKustomize();
const roots = readKustomizeRoots().filter((root) => root.inCorpus === "same");

const { report: before } = await report(["check", corpus, "--no-cache"]);
/** What pinning should change: everything that floats and that lading says it can write. */
const wishes = before.references.filter((one) => one.state === "floating" && one.pinnable && !one.ignored && !links.has(one.file));
const images = new Map<string, Wanted>();
for (const text of [...readReferences(), ...before.references.flatMap((one) => (one.state === "floating" ? [one.reference ?? one.raw] : []))]) {
  const image = wanted(text);
  if (image) images.set(wantedKey(image), image);
}
const expected = new Map<string, Wanted>();
const unresolvable: ReportedReference[] = [];
for (const one of wishes) {
  const image = wanted(one.reference ?? one.raw);
  if (image) expected.set(wantedKey(image), image);
  else unresolvable.push(one);
}

const renderedBefore = "missing" in kustomize ? undefined : await renderAll(kustomize, corpus, roots);

interface Outcome {
  readonly registry: string;
  readonly figures: readonly (string | number)[];
  readonly problems: number;
}

/** Renders of one and the same tree are not made twice: the digests are equal on every registry. */
const rendersByTree = new Map<string, Map<string, Rendered>>();

const starters: readonly (readonly [string, () => Promise<Started>])[] = [
  ["embedded", startEmbeddedRegistry],
  ["docker-registry", startDockerRegistry],
  ["crane", startCraneRegistry],
];
const outcomes: Outcome[] = [];
const skipped: string[] = [];
for (const [key, start] of starters) {
  if (only.length > 0 && !only.includes(key)) continue;
  const registry = await start();
  if ("missing" in registry) {
    skipped.push(`${registry.name} (${registry.missing})`);
    continue;
  }
  try {
    outcomes.push(await pinAgainst(registry));
  } finally {
    await registry.stop();
  }
}

console.log(
  `\n${table(
    ["registry", "images", "wishes", "unique", "HEADs", "other", "files", "edits", "right", "roots", "rendered images", "of them pinned", "second run", "seconds", "problems"],
    outcomes.map((outcome) => [outcome.registry, ...outcome.figures, outcome.problems]),
  )}`,
);
if ("missing" in kustomize) skipped.push(`rendering (${kustomize.missing})`);
if (skipped.length > 0) console.log(`\nSkipped: ${skipped.join("; ")}`);
const problems = outcomes.reduce((sum, outcome) => sum + outcome.problems, 0);
const ok = problems === 0 && outcomes.length > 0;
console.log(
  `\npin: ${ok ? "passed" : "FAILED"}: ${wishes.length} references (${expected.size} unique) against ${outcomes.map((outcome) => outcome.registry).join(", ") || "no registry"}; ` +
    `${problems} problems; skipped: ${skipped.length > 0 ? skipped.map((text) => text.split(" (")[0]).join(", ") : "nothing"}`,
);
process.exit(ok ? 0 : 1);

async function pinAgainst(registry: RunningRegistry): Promise<Outcome> {
  const problems = new Problems(registry.name);
  for (const one of unresolvable) problems.add("wishes that name no image", `${one.file}:${one.line}:${one.column} ${one.reference ?? one.raw}`);
  const tree = join(work, registry.name.replaceAll(" ", "-"));
  cpSync(corpus, tree, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith("/.git") });
  commitAll(tree);
  const digests = await fillRegistry(registry.host, [...images.values()]);
  const policy = join(work, `${registry.name.replaceAll(" ", "-")}.yaml`);
  writeFileSync(policy, policyFor(registry.host));
  // Each run gets a cache of its own, so that none is spared a look-up by an earlier one.
  const fresh = (name: string): RunOptions => ({ env: { XDG_CACHE_HOME: join(work, `cache-${registry.name.replaceAll(" ", "-")}-${name}`) } });
  const pin = (flags: readonly string[], options: RunOptions): ReturnType<typeof lading> =>
    lading(["pin", ...flags, "--unsafe-fixes", "--policy", policy, tree], options);

  // Previews know nothing of the registry's make: the first one will do.
  for (const flag of outcomes.length === 0 ? ["--diff", "--check"] : []) {
    const ran = await pin([flag], fresh(flag));
    if (ran.code !== 1) problems.add("exit codes", `pin ${flag} ended with ${ran.code}, not 1: ${ran.err.slice(0, 300)}`);
    for (const file of changedIn(tree)) problems.add("previews that wrote", `pin ${flag} changed ${file}`);
  }

  await registry.forget();
  const ran = await pin([], fresh("pin"));
  if (ran.code !== 0 && ran.code !== 1) problems.add("exit codes", `pin ended with ${ran.code}: ${ran.err.slice(0, 1000)}`);
  const { heads, other } = judgeRequests(await registry.requests(), problems);

  const changed = changedIn(tree);
  const edits = new Map<string, readonly DigestEdit[]>();
  for (const file of changed) edits.set(file, judgeFile(tree, file, problems));
  const { report: after } = await report(["check", tree, "--no-cache"]);
  const right = await judgeDigests(after.references, registry, digests, edits, problems);
  const rendering = await judgeRenders(tree, changed, after.references, digests, problems);

  const pinned = new Map(files.map((file) => [file, hashFile(tree, file)]));
  await registry.forget();
  const second = await pin([], fresh("second"));
  // References that cannot be pinned are findings still, so the code may be 1 as it was the first time.
  if (second.code !== 0 && second.code !== ran.code) problems.add("exit codes", `the second pin ended with ${second.code}, the first with ${ran.code}`);
  const again = files.filter((file) => hashFile(tree, file) !== pinned.get(file));
  for (const file of again) problems.add("second runs that changed", file);
  const sentAgain = (await registry.requests()).length;
  if (sentAgain > 0) problems.add("second runs that asked", `${sentAgain} requests`);

  problems.print(SHOWN);
  return {
    registry: registry.name,
    figures: [
      images.size, wishes.length, expected.size, heads, other, changed.length, [...edits.values()].flat().length,
      percent(right, wishes.length), rendering.roots, rendering.images, rendering.pinned,
      `${again.length} changed, ${sentAgain} sent, exit ${second.code}`, ran.seconds.toFixed(2),
    ],
    problems: problems.count,
  };
}

function policyFor(host: string): string {
  const hosts = [...new Set([...images.values()].map((image) => image.host))].sort();
  const mirrors = hosts.map((from) => `  - from: ${JSON.stringify(from)}\n    to: ${JSON.stringify(`${host}/${hostAsComponent(from)}`)}\n`);
  return `mirrors:\n${mirrors.join("")}registries:\n  plainHttp: [${JSON.stringify(host)}]\n`;
}

function changedIn(tree: string): string[] {
  const changed = [...originals].filter(([file, bytes]) => !existsSync(join(tree, file)) || !bytes.equals(readFileSync(join(tree, file))));
  return [...changed.map(([file]) => file), ...listFiles(tree).filter((file) => !originals.has(file) && !files.includes(file))];
}

function hashFile(tree: string, file: string): string {
  return existsSync(join(tree, file)) ? sha256(readFileSync(join(tree, file))) : "gone";
}

/** Exactly one HEAD for each unique reference, and nothing else about manifests. */
function judgeRequests(requests: readonly { method: string; path: string }[], problems: Problems): { heads: number; other: number } {
  const heads = new Map<string, number>();
  for (const { method, path } of requests) if (method === "HEAD") heads.set(path, (heads.get(path) ?? 0) + 1);
  const paths = new Map([...expected.values()].map((image) => [manifestPath(image), wantedKey(image)]));
  for (const [path, key] of paths) {
    const count = heads.get(path) ?? 0;
    if (count !== 1) problems.add("references not asked for once", `${key}: ${count} HEADs`);
  }
  for (const [path, count] of heads) if (!paths.has(path)) problems.add("HEADs for nothing", `${path}: ${count}`);
  const other = requests.filter(({ method }) => method !== "HEAD");
  for (const { method, path } of other) problems.add("other requests", `${method} ${path}`);
  return { heads: [...heads.values()].reduce((sum, count) => sum + count, 0), other: other.length };
}

function judgeFile(tree: string, file: string, problems: Problems): readonly DigestEdit[] {
  const old = originals.get(file);
  if (!old || !existsSync(join(tree, file))) {
    problems.add("files made or removed", file);
    return [];
  }
  const young = readFileSync(join(tree, file));
  // latin1 maps bytes to characters one to one, so that the judgement is about bytes.
  const verdict = verifyText(old.toString("latin1"), young.toString("latin1"));
  if (!verdict.ok) problems.add("changes besides digests", `${file}: ${verdict.why}`);
  const why = verifyDocuments(old.toString("utf8"), young.toString("utf8"));
  if (why !== undefined) problems.add("documents changed", `${file}: ${why}`);
  return verdict.ok ? verdict.edits : [];
}

/** Every wish came true at its place, with the digest that the registry has, and nothing else did. */
async function judgeDigests(
  after: readonly ReportedReference[],
  registry: RunningRegistry,
  digests: ReadonlyMap<string, string>,
  edits: ReadonlyMap<string, readonly DigestEdit[]>,
  problems: Problems,
): Promise<number> {
  // The registry's own word for a sample, lest the filling was wrong about what it pushed.
  const sample = [...expected.values()].filter((_, position) => position % 25 === 0);
  for (const image of sample)
    if ((await askDigest(registry.host, manifestPath(image))) !== digests.get(wantedKey(image))) problems.add("registry's own digests", wantedKey(image));

  // A kustomize entry is told by its digest once it has one, before that by its tag: compare the entries.
  const pathOf = (one: ReportedReference): readonly (string | number)[] => (one.surface === "kustomize" ? one.path.slice(0, -1) : one.path);
  const place = (one: ReportedReference): string => `${one.file}\0${one.surface}\0${JSON.stringify(pathOf(one))}`;
  const now = groupBy(after, place);
  let right = 0;
  const perFile = new Map<string, string[]>();
  const wished = new Set(wishes);
  // Documents of one file can share paths, so entries are matched by their order among all of them.
  for (const [key, old] of groupBy(before.references, place)) {
    for (const [position, one] of old.entries()) {
      if (!wished.has(one)) continue;
      const image = wanted(one.reference ?? one.raw);
      const digest = image && digests.get(wantedKey(image));
      const found = now.get(key)?.[position];
      if (digest !== undefined && found?.state === "pinned" && found.digest === digest) right++;
      else problems.add("wishes not fulfilled", `${one.file}:${one.line}:${one.column} ${one.reference ?? one.raw}: ${found?.state ?? "not there"} ${found?.digest ?? ""}, wanted ${digest}`);
      if (digest !== undefined) perFile.set(one.file, [...(perFile.get(one.file) ?? []), digest]);
    }
  }
  for (const [file, list] of edits) {
    const written = list.map((edit) => edit.now).sort().join(" ");
    const meant = (perFile.get(file) ?? []).sort().join(" ");
    if (written !== meant) problems.add("files whose digests are not those wished for", `${file}: ${list.length} written, ${perFile.get(file)?.length ?? 0} wished for`);
  }
  return right;
}

async function judgeRenders(
  tree: string,
  changed: readonly string[],
  after: readonly ReportedReference[],
  digests: ReadonlyMap<string, string>,
  problems: Problems,
): Promise<{ roots: number; images: number; pinned: number }> {
  if (!renderedBefore || "missing" in kustomize) return { roots: 0, images: 0, pinned: 0 };
  const key = sha256(changed.map((file) => `${file} ${hashFile(tree, file)}`).join("\n"));
  const rendered = rendersByTree.get(key) ?? (await renderAll(kustomize, tree, roots));
  rendersByTree.set(key, rendered);
  let compared = 0;
  let seen = 0;
  let pinned = 0;
  for (const [root, old] of renderedBefore) {
    const young = rendered.get(root);
    // Not every machine's kustomize renders every root; what failed before says nothing.
    if (!old.ok) continue;
    if (!young?.ok) {
      problems.add("roots that no longer render", `${root}: ${young?.text.slice(0, 300)}`);
      continue;
    }
    compared++;
    const why = verifyRendered(old.text, young.text);
    if (why !== undefined) problems.add("renderings changed", `${root}: ${why}`);
    for (const image of imagesOf(young.text)) {
      seen++;
      const [front = "", digest] = image.split("@");
      const asked = wanted(front);
      const known = asked && digests.get(wantedKey(asked));
      if (digest !== undefined) {
        pinned++;
        // Digests that stood there before are the authors', unless this run could have written them.
        if (known !== undefined && digest !== known && !old.text.includes(digest)) problems.add("rendered digests of another image", `${root}: ${image}`);
        continue;
      }
      const sources = sourcesOf(tree, root);
      const said = after.filter((one) => sources.has(one.file) && asked && sameImage(one, asked));
      if (said.length > 0 && said.every((one) => one.state === "pinned")) problems.add("rendered images not pinned though said so", `${root}: ${image}`);
    }
  }
  return { roots: compared, images: seen, pinned };
}

function sameImage(one: ReportedReference, asked: Wanted): boolean {
  const image = wanted((one.reference ?? one.raw).split("@")[0] ?? "");
  return image !== undefined && wantedKey(image) === wantedKey(asked);
}

function groupBy<T>(list: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
