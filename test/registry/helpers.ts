import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

import { type DemoRegistry, type DemoRegistryOptions, startDemoRegistry } from "../../src/demo/registry.ts";
import { type Answer, type Gather, type Manifest, type Question, questionKey } from "../../src/model/facts.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/model/policy.ts";
import { createGather, type GatherOptions } from "../../src/registry/gather.ts";
import type { Limits } from "../../src/registry/limits.ts";

/** So short that a test which waits for all of them still ends soon. */
export const QUICK: Partial<Limits> = { connectMs: 1000, responseMs: 1000, questionMs: 4000, retries: 1, backoffMs: 5 };

export async function registry(t: TestContext, options: DemoRegistryOptions = {}): Promise<DemoRegistry> {
  const started = await startDemoRegistry(options);
  t.after(() => started.close());
  return started;
}

export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "lading-registry-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

type Overrides = Omit<Partial<GatherOptions>, "policy"> & { policy?: Partial<Policy> };

/** A gatherer that knows no login of the machine that the tests run on. */
export function gatherer(t: TestContext, { policy, ...overrides }: Overrides = {}): Gather {
  return createGather({
    version: "0.0.0-test",
    environment: { HOME: folder(t) },
    limits: QUICK,
    ...overrides,
    policy: { ...DEFAULT_POLICY, ...policy },
  });
}

export function question(registryHost: string, name: string, body = false): Question {
  const at = name.includes("@") ? name.indexOf("@") : name.lastIndexOf(":");
  return { registry: registryHost, repository: name.slice(0, at), selector: name.slice(at + 1), body };
}

export async function ask(gather: Gather, asked: Question): Promise<Answer<Manifest>> {
  const answer = (await gather([asked])).get(questionKey(asked));
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

/** `known sha256:…`, `absent` or the failure's code: one word to compare. */
export function gist(answer: Answer<Manifest>): string {
  if (answer.is === "known") return `known ${answer.value.digest}`;
  return answer.is === "absent" ? "absent" : answer.why.code;
}

export function message(answer: Answer<Manifest>): string {
  return answer.is === "unknown" ? answer.why.message : "";
}
