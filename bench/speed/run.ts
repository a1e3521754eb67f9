/**
 * How long does it take, beside programs that everyone knows? All ratios come from one run.
 *
 * Flags: --large (also a tree of about 100,000 files), --renovate (also Renovate, minutes),
 * --rounds N (default 5), --only corpus|start|tags|large.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { CACHE_FOLDER, git, readReferences } from "../tools/corpus.ts";
import { install, type Tool, type ToolName } from "../tools/install.ts";
import { execute, PROGRAM, report } from "../tools/lading.ts";
import { hostAsComponent, wanted } from "../tools/reference.ts";
import { table } from "../tools/table.ts";
import { measureRounds, peakMemory, timeOnce, type Command, type Measured } from "./measure.ts";
import { RegistryProcess } from "./registry.ts";
import { corpusTree, emptyTree, largeTree, tagsTree, type Tree } from "./trees.ts";

const argument = (name: string): string | undefined => {
  const position = process.argv.indexOf(name);
  return position < 0 ? undefined : process.argv[position + 1];
};
const rounds = Math.max(1, Number(argument("--rounds") ?? 5));
const only = argument("--only");
const wants = (part: string): boolean => (only === undefined ? part !== "large" || process.argv.includes("--large") : only === part);

const work = mkdtempSync(join(tmpdir(), "lading-bench-speed-"));
process.once("exit", () => rmSync(work, { recursive: true, force: true }));
if (!existsSync(PROGRAM)) {
  console.error(`${PROGRAM} is missing: run "npm run build" first.`);
  process.exit(1);
}

interface Row {
  readonly what: string;
  readonly figure: string;
  readonly ratio: string;
  readonly target: string;
  readonly passed: boolean | undefined;
}
const rows: Row[] = [];
const skipped: string[] = [];
const say = (text: string): void => console.error(text);

interface NodeVersion {
  readonly name: string;
  readonly path: string;
}
const nodes: NodeVersion[] = [];
for (const [tool, name] of [["node-lts", "LTS"], ["node-20", "20"]] as const) {
  const found = await have(tool);
  if (found !== undefined) nodes.push({ name: `Node ${name} (${execFileSync(found, ["--version"], { encoding: "utf8" }).trim()})`, path: found });
}
if (nodes.length === 0) nodes.push({ name: `Node ${process.version}`, path: process.execPath });
const [main] = nodes as [NodeVersion];

if (wants("corpus")) await timeCorpus();
if (wants("start")) await timeStart();
if (wants("tags")) await timeTags();
if (wants("large")) await timeLarge();

console.log(`\n${cpus().length} × ${cpus()[0]?.model ?? "?"}; medians of ${rounds} interleaved rounds\n`);
console.log(
  table(
    ["what", "median", "ratio", "target", ""],
    rows.map((row) => [row.what, row.figure, row.ratio, row.target, row.passed === undefined ? "" : row.passed ? "pass" : "FAIL"]),
  ),
);
if (skipped.length > 0) console.log(`\nSkipped: ${skipped.join("; ")}`);
const musts = rows.filter((row) => row.passed !== undefined);
const failed = musts.filter((row) => row.passed === false);
console.log(`\nspeed: ${failed.length === 0 ? "passed" : "FAILED"}: ${musts.length - failed.length} of ${musts.length} targets met${failed.length === 0 ? "" : `; short: ${failed.map((row) => row.what).join("; ")}`}`);
process.exit(failed.length === 0 ? 0 : 1);

async function have(name: ToolName): Promise<string | undefined> {
  const tool: Tool = await install(name);
  if ("path" in tool) return tool.path;
  skipped.push(tool.missing);
  return undefined;
}

async function timeCorpus(): Promise<void> {
  const tree = corpusTree();
  say(`corpus: ${tree.files} files, ${megabytes(tree.bytes)}`);
  const registry = await startFilled(tree);
  const policy = join(work, "policy.yaml");
  writeFileSync(policy, registry.policy);
  const commands: Command[] = [cat(tree), gitStatus(tree)];
  for (const node of nodes) commands.push(...checks(node, tree), pin(node, tree, policy, registry.process));
  const kubeconform = await have("kubeconform");
  if (kubeconform !== undefined) commands.push(kubeconformOn(kubeconform, tree));
  const kubeScore = await have("kube-score");
  if (kubeScore !== undefined) commands.push(await kubeScoreOn(kubeScore, tree));
  const frizbee = await have("frizbee");
  if (frizbee !== undefined) commands.push({ name: "frizbee image list", argv: [frizbee, "image", "list", `${tree.root}/`] });
  await prime(commands);
  const measured = await measureRounds(commands, rounds, say);
  if (process.argv.includes("--renovate")) await addRenovate(measured, tree);
  registry.process.stop();
  git(tree.root, "checkout", "--quiet", ".");

  const base = measured.get("cat")!.median;
  for (const [name, { median }] of measured) {
    const cold = nodes.find((node) => name === `check, cold, ${node.name}`);
    if (cold) must(`corpus: ${name}`, seconds(median), median / base, cold === main ? 5 : 9, "× cat");
    else info(`corpus: ${name}`, seconds(median), median / base, "× cat");
  }
  const parser = measured.get("kubeconform, no schemas");
  if (parser) must("corpus: check, cold, beside kubeconform", "", measured.get(`check, cold, ${main.name}`)!.median / parser.median, 0.5, "× kubeconform");
  for (const node of nodes) await memory(`corpus: memory of check, ${node.name}`, checks(node, tree)[0]!, undefined);
}

async function timeLarge(): Promise<void> {
  say("large: making the tree, once");
  const tree = largeTree();
  say(`large: ${tree.files} files, ${megabytes(tree.bytes)}`);
  const commands = [cat(tree), gitStatus(tree), ...nodes.flatMap((node) => checks(node, tree))];
  await prime(commands);
  const measured = await measureRounds(commands, rounds, say);
  const base = measured.get("cat")!.median;
  const status = measured.get("git status")!.median;
  for (const [name, { median }] of measured) {
    const what = `large: ${name}`;
    if (name === `check, cold, ${main.name}`) must(what, seconds(median), median / base, 2.5, "× cat");
    else if (name === `check, warm, ${main.name}`) must(what, seconds(median), median / status, 1.25, "× git status");
    else if (name.startsWith("check, warm")) info(what, seconds(median), median / status, "× git status");
    else info(what, seconds(median), median / base, "× cat");
  }
  for (const node of nodes) await memory(`large: memory of check, ${node.name}`, checks(node, tree)[0]!, node === main ? 250 : undefined);
  await warmOpens(tree);
}

async function timeStart(): Promise<void> {
  say("start-up");
  const empty = emptyTree();
  const commands = nodes.flatMap((node): Command[] => [
    { name: `node -e 0, ${node.name}`, argv: [node.path, "-e", "0"] },
    { name: `--version, ${node.name}`, argv: [node.path, PROGRAM, "--version"], env: { XDG_CACHE_HOME: join(work, "cache-start") } },
    // 3: nothing to check.
    { name: `check of an empty repository, ${node.name}`, argv: [node.path, PROGRAM, "check", empty], env: { XDG_CACHE_HOME: join(work, "cache-start") }, codes: [0, 3] },
  ]);
  // Short runs are noisy, and cheap to repeat.
  const measured = await measureRounds(commands, rounds * 4, () => {});
  for (const node of nodes) {
    const of = (name: string): Measured => measured.get(`${name}, ${node.name}`)!;
    const base = of("node -e 0").median;
    info(`node -e 0, ${node.name}`, milliseconds(base), 1, "");
    for (const [name, limit] of [["--version", 1.5], ["check of an empty repository", 2.2]] as const)
      must(`${name}, ${node.name}`, milliseconds(of(name).median), of(name).median / base, limit, "× node -e 0");
  }
}

async function timeTags(): Promise<void> {
  const count = 1000;
  say("1,000 tags at 30 ms");
  const { root, references } = tagsTree(count);
  const registry = await RegistryProcess.start(references.map((text) => `${text}`), 30);
  const policy = join(work, "tags.yaml");
  writeFileSync(policy, policyFor(registry.host, ["docker.io"]));
  const shortfalls: string[] = [];
  const commands: Command[] = nodes.map((node) => ({
    name: node.name,
    argv: [node.path, PROGRAM, "pin", "--check", "--no-cache", "--policy", policy, root],
    env: { XDG_CACHE_HOME: join(work, "cache-tags") },
    codes: [1],
    prepare: async () => void (await registry.log()),
    judge: async () => {
      const { heads, unique, other } = await registry.log();
      if (heads !== count || unique !== count || other !== 0) shortfalls.push(`${heads} HEADs of ${unique} references, ${other} other requests`);
    },
  }));
  const wrk = await have("wrk");
  if (wrk !== undefined)
    commands.unshift({ name: "wrk", argv: [wrk], measure: async () => count / (await requestsPerSecond(wrk, registry.host)) });
  const measured = await measureRounds(commands, rounds, say);
  registry.stop();
  const base = measured.get("wrk")?.median;
  for (const [name, { median }] of measured) {
    const what = `1,000 tags, 30 ms, ${name}`;
    if (name === main.name && base !== undefined) must(what, seconds(median), median / base, 1.2, "× wrk");
    else info(what, seconds(median), base === undefined ? undefined : median / base, "× wrk");
  }
  rows.push({ what: "1,000 tags: one HEAD each", figure: shortfalls[0] ?? "1000 of 1000", ratio: "", target: "exactly", passed: shortfalls.length === 0 });
}

async function requestsPerSecond(wrk: string, host: string): Promise<number> {
  // One thread, for the other core is the registry's. GET: wrk mishandles HEAD with a length.
  const ran = await execute(wrk, ["-t1", "-c32", "-d3s", `http://${host}/v2/docker.io/acme/app-1/manifests/1.1`]);
  const found = /Requests\/sec:\s+([\d.]+)/.exec(ran.out)?.[1];
  if (found === undefined || /Non-2xx/.test(ran.out)) throw new Error(`wrk: ${ran.out}${ran.err}`);
  return Number(found);
}

function cat(tree: Tree): Command {
  return { name: "cat", argv: ["xargs", "-0", "cat"], stdin: tree.list };
}

function gitStatus(tree: Tree): Command {
  return { name: "git status", argv: ["git", "-C", tree.root, "status", "--porcelain"] };
}

function checks(node: NodeVersion, tree: Tree): Command[] {
  // A cache for each version of Node, as V8's own differ.
  const env = { XDG_CACHE_HOME: join(work, `cache-${tree.name}-${nodes.indexOf(node)}`) };
  return [
    { name: `check, cold, ${node.name}`, argv: [node.path, PROGRAM, "check", "--no-cache", tree.root], codes: [0, 1], env },
    { name: `check, warm, ${node.name}`, argv: [node.path, PROGRAM, "check", tree.root], codes: [0, 1], env },
  ];
}

function pin(node: NodeVersion, tree: Tree, policy: string, registry: RegistryProcess): Command {
  const cache = join(work, "cache-pin");
  return {
    name: `pin with look-ups, ${node.name}`,
    argv: [node.path, PROGRAM, "pin", "--unsafe-fixes", "--no-cache", "--policy", policy, tree.root],
    codes: [0, 1],
    env: { XDG_CACHE_HOME: cache },
    prepare: async () => {
      rmSync(cache, { recursive: true, force: true });
      await registry.log();
    },
    judge: async () => {
      const { heads, unique } = await registry.log();
      if (heads === 0 || heads !== unique) throw new Error(`pin sent ${heads} HEADs for ${unique} references`);
      if (git(tree.root, "status", "--porcelain") === "") throw new Error("pin changed nothing");
      git(tree.root, "checkout", "--quiet", ".");
    },
  };
}

function kubeconformOn(program: string, tree: Tree): Command {
  // A place where no schema is: every document is parsed, and nothing is fetched.
  const location = join(work, "no-schemas", "{{.ResourceKind}}.json");
  return {
    name: "kubeconform, no schemas",
    argv: [program, "-ignore-missing-schemas", "-schema-location", location, "-n", String(cpus().length), tree.root],
    codes: [0, 1],
  };
}

/** kube-score gives up at the first file that it cannot read, so it is given those that it can. */
async function kubeScoreOn(program: string, tree: Tree): Promise<Command> {
  const list = join(CACHE_FOLDER, "kube-score.list");
  if (!existsSync(list)) {
    say("  finding the files that kube-score can read, once");
    const files = readFileSync(tree.list, "utf8").split("\0").filter((file) => /\.ya?ml$/.test(file));
    writeFileSync(list, (await readable(program, files)).join("\0"));
  }
  const count = readFileSync(list, "utf8").split("\0").length;
  return { name: `kube-score, the ${count} files that it reads`, argv: ["xargs", "-0", "-n", "1000000", program, "score", "-o", "ci"], stdin: list, codes: [0, 123] };
}

async function readable(program: string, files: readonly string[]): Promise<string[]> {
  const ran = await execute(program, ["score", "-o", "ci", ...files]);
  if (!/Failed to score files/.test(ran.err + ran.out)) return [...files];
  if (files.length === 1) return [];
  const half = Math.ceil(files.length / 2);
  return [...(await readable(program, files.slice(0, half))), ...(await readable(program, files.slice(half)))];
}

/** Once only: it takes minutes. */
async function addRenovate(measured: Map<string, Measured>, tree: Tree): Promise<void> {
  const renovate = await have("renovate");
  if (renovate === undefined) return;
  const anyYaml = ["\\.ya?ml$"];
  const managers = ["kubernetes", "helm-values", "kustomize", "argocd", "flux", "tekton", "crossplane"];
  const config = { enabledManagers: managers, ...Object.fromEntries(managers.map((manager) => [manager, { fileMatch: anyYaml }])) };
  const value = await timeOnce({
    name: "renovate",
    argv: [renovate, "--platform=local", "--dry-run=extract"],
    cwd: tree.root,
    env: { RENOVATE_CONFIG: JSON.stringify(config), LOG_LEVEL: "error", RENOVATE_CACHE_DIR: join(work, "renovate") },
  });
  measured.set("Renovate, extraction, one run", { seconds: [value], median: value });
}

/** Fills what a first run would leave behind, so that warm is warm. */
async function prime(commands: readonly Command[]): Promise<void> {
  for (const command of commands) if (command.name.startsWith("check, warm")) await timeOnce(command);
}

async function startFilled(tree: Tree): Promise<{ process: RegistryProcess; policy: string }> {
  const { report: checked } = await report(["check", tree.root, "--no-cache"]);
  const floating = checked.references.flatMap((one) => (one.state === "floating" ? [one.reference ?? one.raw] : []));
  const references = [...new Set([...readReferences(), ...floating])];
  const registry = await RegistryProcess.start(references, 0);
  const hosts = new Set(references.flatMap((text) => wanted(text)?.host ?? []));
  return { process: registry, policy: policyFor(registry.host, [...hosts].sort()) };
}

function policyFor(host: string, hosts: readonly string[]): string {
  const mirrors = hosts.map((from) => `  - from: ${JSON.stringify(from)}\n    to: ${JSON.stringify(`${host}/${hostAsComponent(from)}`)}\n`);
  return `mirrors:\n${mirrors.join("")}registries:\n  plainHttp: [${JSON.stringify(host)}]\n`;
}

async function memory(what: string, command: Command, limit: number | undefined): Promise<void> {
  const peak = await peakMemory(command);
  if (peak === undefined) skipped.push("memory (no /usr/bin/time)");
  else rows.push({ what, figure: `${peak.toFixed(0)} MB`, ratio: "", target: limit === undefined ? "" : `≤ ${limit} MB`, passed: limit === undefined ? undefined : peak <= limit });
}

/** A warm check opens no manifest and makes no connection: as the kernel saw it. */
async function warmOpens(tree: Tree): Promise<void> {
  if (!existsSync("/usr/bin/strace")) {
    skipped.push("what a warm check opens (no strace)");
    return;
  }
  const [, warm] = checks(main, tree);
  const trace = join(work, "trace");
  await timeOnce({ ...warm!, argv: ["/usr/bin/strace", "-f", "-qq", "-e", "trace=open,openat,connect", "-o", trace, ...warm!.argv] });
  const lines = readFileSync(trace, "utf8").split("\n");
  const opened = lines.filter((line) => /open(?:at)?\(.*\.(?:ya?ml|json)"/.test(line) && line.includes("copy")).length;
  const connected = lines.filter((line) => /connect\(.*AF_INET/.test(line)).length;
  rows.push({ what: "large: warm check", figure: `${opened} manifests opened, ${connected} connections`, ratio: "", target: "0, 0", passed: opened === 0 && connected === 0 });
}

function must(what: string, figure: string, ratio: number, limit: number, unit: string): void {
  rows.push({ what, figure, ratio: `${ratio.toFixed(2)} ${unit}`, target: `≤ ${limit}`, passed: ratio <= limit });
}

function info(what: string, figure: string, ratio: number | undefined, unit: string): void {
  rows.push({ what, figure, ratio: ratio === undefined ? "" : `${ratio.toFixed(2)} ${unit}`.trim(), target: "", passed: undefined });
}

function seconds(value: number): string {
  return `${value.toFixed(3)} s`;
}

function milliseconds(value: number): string {
  return `${(value * 1000).toFixed(1)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
