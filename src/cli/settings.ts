/** What every checking command needs before it starts: the policy, the baseline, the formats. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { type AnswerFile, cacheFolder, openAnswerFile } from "../files/answer-cache.ts";
import { lastRunPath } from "../files/last-run.ts";
import { wayFrom } from "../files/paths.ts";
import { type MemoryFile, memoryPath, openMemory } from "../files/memory.ts";
import { findPolicy, readPolicy } from "../files/policy.ts";
import { LadingError } from "../model/errors.ts";
import type { Gather } from "../model/facts.ts";
import { SEVERITIES, type Severity } from "../model/severity.ts";
import { DEFAULT_POLICY, type Policy } from "../model/policy.ts";
import type { RunOptions } from "../pipeline/check.ts";
import { aboutTheRun } from "../rules/about-the-run.ts";
import { artifactRules, rules } from "../rules/index.ts";
import { folderOf } from "./folder.ts";
import { nearest, text, type Values } from "./options.ts";
import { progress } from "./progress.ts";
import { VERSION } from "./version.ts";
import type { Remember } from "./workspace.ts";

export const RULES = [...rules, ...artifactRules, ...aboutTheRun];

export interface Settings {
  readonly policy: Policy;
  /** The folder that globs over paths count from. */
  readonly policyFolder: string;
  readonly failOn: Severity;
  readonly strict: boolean;
  readonly baselineFile: string;
  readonly run: RunOptions;
  readonly caches: Caches | undefined;
}

/** What earlier runs learned; `save` writes what this one did. */
export interface Caches {
  readonly answers: AnswerFile;
  readonly remember: Remember;
  /** Where the last answer about a folder is kept. */
  lastRun(root: string): string;
  save(): void;
}

export const BASELINE_NAME = "lading-baseline.json";

/** Reads what the options and the policy file say. */
export async function settings(values: Values, paths: readonly string[], cwd: string, withBaseline = true): Promise<Settings> {
  const checked = folderOf(paths, cwd);
  const given = text(values["policy"]);
  const file = given === undefined ? await findPolicy(checked) : resolve(cwd, given);
  const policy = file === undefined ? DEFAULT_POLICY : await readPolicy(file, RULES.map(({ id }) => id), relative(cwd, file) || file);
  // Globs count from the policy's folder; from a policy that lies elsewhere, from the checked one.
  const policyFolder = file !== undefined && !wayFrom(dirname(file), checked).startsWith("../") ? dirname(file) : checked;
  const baselineFile = resolve(cwd, text(values["baseline"]) ?? join(policyFolder, BASELINE_NAME));
  return {
    policy,
    policyFolder,
    failOn: await failOn(values, policy),
    strict: values["strict"] === true,
    baselineFile,
    caches: values["no-cache"] === true ? undefined : openCaches(cacheFolder(process.env, homedir()), policy),
    run: {
      policy,
      baseline: withBaseline ? await baseline(baselineFile, text(values["baseline"]) !== undefined) : new Set(),
      adopt: values["adopt"] === true,
      fromPolicy: wayFrom(policyFolder, checked),
      version: VERSION,
      started: new Date().toISOString(),
      clock: () => performance.now(),
    },
  };
}

function openCaches(folder: string, { file, mirrors, registries, fields }: Policy): Caches {
  const { plainHttp, certificateAuthorities } = registries;
  const answers = openAnswerFile(join(folder, "answers.json"), { mirrors, plainHttp, certificateAuthorities, ...(certificateAuthorities.length > 0 ? { file } : {}) });
  let memory: MemoryFile | undefined;
  return {
    answers,
    remember: (root) => (memory = openMemory(memoryPath(folder, root), VERSION, fields)),
    lastRun: (root) => lastRunPath(folder, root),
    save() {
      answers.save(Date.now());
      memory?.save();
    },
  };
}

async function failOn(values: Values, policy: Policy): Promise<Severity> {
  const given = text(values["fail-on"]);
  if (given === undefined) return policy.failOn;
  const severity = SEVERITIES.find((one) => one === given);
  if (severity) return severity;
  const near = await nearest(given, SEVERITIES);
  throw new LadingError("usage", `--fail-on ${given} is no severity`, `error, warning or info${near ? `; did you mean ${near}?` : ""}`);
}

async function baseline(file: string, required: boolean): Promise<ReadonlySet<string>> {
  if (!required && !existsSync(file)) return new Set();
  const { readBaseline } = await import("../files/baseline.ts");
  return new Set((await readBaseline(file)).findings.map(({ fingerprint }) => fingerprint));
}

/** The registry client, loaded only by runs that ask. */
export async function openGather({ policy, caches }: Settings): Promise<Gather> {
  const { createGather } = await import("../registry/gather.ts");
  const onProgress = progress("asking registries");
  return createGather({ policy, version: VERSION, ...(caches ? { cache: caches.answers } : {}), onProgress });
}
