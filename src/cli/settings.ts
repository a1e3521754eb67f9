/** What every checking command needs before it starts: the policy, the baseline, the formats. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { type AnswerFile, cacheFolder, openAnswerFile } from "../files/answer-cache.ts";
import { lastRunPath } from "../files/last-run.ts";
import { wayFrom } from "../files/paths.ts";
import { type MemoryFile, memoryPath, openMemory } from "../files/memory.ts";
import type { VerdictFile } from "../files/verdict-cache.ts";
import { findPolicy, readPolicy } from "../files/policy.ts";
import { LadingError } from "../model/errors.ts";
import type { Trust } from "../model/evidence.ts";
import { SEVERITIES, type Severity } from "../model/severity.ts";
import { DEFAULT_POLICY, type Policy } from "../model/policy.ts";
import type { RunOptions } from "../pipeline/check.ts";
import { aboutTheRun } from "../rules/about-the-run.ts";
import { artifactRules, rules } from "../rules/index.ts";
import { folderOf } from "./folder.ts";
import { nearest, text, type Values } from "./options.ts";
import { VERSION } from "./version.ts";
import type { Remember } from "./workspace.ts";

export const RULES = [...rules, ...artifactRules, ...aboutTheRun];

export interface Settings {
  readonly policy: Policy;
  /** Where the policy file lies; undefined: there is none. */
  readonly policyFile: string | undefined;
  /** The folder that globs over paths count from. */
  readonly policyFolder: string;
  readonly failOn: Severity;
  readonly strict: boolean;
  readonly baselineFile: string;
  readonly run: RunOptions;
  readonly caches: Caches | undefined;
}

/** What of the settings says which files are looked at, and for what. */
export const lookedAt = ({ policy: { paths, fields }, policyFolder }: Pick<Settings, "policy" | "policyFolder">) => ({ paths, fields, policyFolder });

/** Whether registries are asked. @param byDefault what the policy says */
export const asksRegistries = (values: Values, byDefault: boolean): boolean => values["offline"] !== true && (values["online"] === true || byDefault);

/** What earlier runs learned; `save` writes what this one did. */
export interface Caches {
  readonly answers: AnswerFile;
  readonly remember: Remember;
  /** What earlier runs proved with these keys and roots. */
  verdicts(trust: Trust): Promise<VerdictFile>;
  /** Where the last answer about a folder is kept. */
  lastRun(root: string): string;
  save(): void;
}

export const BASELINE_NAME = "lading-baseline.json";

/** Reads what the options and the policy file say. */
export async function settings(values: Values, paths: readonly string[], cwd: string, withBaseline = true): Promise<Settings> {
  const checked = folderOf(paths, cwd);
  const { policy, file } = await policyOf(values, checked, cwd);
  // Globs count from the policy's folder; from a policy that lies elsewhere, from the checked one.
  const policyFolder = file !== undefined && !wayFrom(dirname(file), checked).startsWith("../") ? dirname(file) : checked;
  const baselineFile = resolve(cwd, text(values["baseline"]) ?? join(policyFolder, BASELINE_NAME));
  return {
    policy,
    policyFile: file,
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

/** The policy that holds for a folder, and where its file lies. */
export async function policyOf(values: Values, folder: string, cwd: string): Promise<{ policy: Policy; file: string | undefined }> {
  const given = text(values["policy"]);
  const file = given === undefined ? await findPolicy(folder) : resolve(cwd, given);
  if (file === undefined) return { policy: DEFAULT_POLICY, file };
  return { policy: await readPolicy(file, RULES.map(({ id }) => id), relative(cwd, file) || file), file };
}

function openCaches(folder: string, { file, mirrors, registries, fields }: Policy): Caches {
  const { plainHttp, certificateAuthorities } = registries;
  const answers = openAnswerFile(join(folder, "answers.json"), { mirrors, plainHttp, certificateAuthorities, ...(certificateAuthorities.length > 0 ? { file } : {}) });
  let memory: MemoryFile | undefined;
  let proved: VerdictFile | undefined;
  return {
    answers,
    async verdicts(trust) {
      const { openVerdictFile } = await import("../files/verdict-cache.ts");
      return (proved = openVerdictFile(join(folder, "verdicts.json"), trust, `lading ${VERSION}`));
    },
    remember: (root) => (memory = openMemory(memoryPath(folder, root), VERSION, fields)),
    lastRun: (root) => lastRunPath(folder, root),
    save() {
      answers.save(Date.now());
      memory?.save();
      proved?.save(Date.now());
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
