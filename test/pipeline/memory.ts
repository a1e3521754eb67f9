/** A workspace without a disk, and a registry without a network. */
import { createHash } from "node:crypto";
import { decode, encode } from "../../src/files/load.ts";
import { type Answer, type Failure, type Gather, type Manifest, type Question, questionKey } from "../../src/model/facts.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import type { Report, ReportedReference } from "../../src/model/report.ts";
import type { SourceFile, Unread } from "../../src/model/site.ts";
import { check, type CheckOptions } from "../../src/pipeline/check.ts";
import { pin, type PinOptions, type PinOutcome } from "../../src/pipeline/pin.ts";
import { settled, survey, type Workspace } from "../../src/pipeline/survey.ts";
import { roleOf } from "../../src/surfaces/roles.ts";

export type Files = Record<string, string | Buffer>;

/** Files by name. They are read when they are asked for, so a test may change them on the way. */
export function workspace(files: Files): Workspace {
  const charts = new Set(Object.keys(files).filter((file) => /(?:^|\/)Chart\.yaml$/.test(file)).map((file) => file.slice(0, Math.max(0, file.lastIndexOf("/")))));
  const load = (file: string): SourceFile | Unread | undefined => {
    const content = files[file];
    return content === undefined ? undefined : decode(file, Buffer.from(content));
  };
  return {
    root: ".",
    files: Object.keys(files).sort(),
    unread: [],
    role: (file, referenced) => roleOf(file, charts, referenced.has(file)),
    load,
    read: load,
    follow: (file) => {
      const content = files[file];
      const source = content === undefined ? undefined : decode(file, Buffer.from(content));
      return source && "text" in source ? source : undefined;
    },
  };
}

const sha256 = (text: string): Digest => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** The digest that the stub registry gives, e.g. for `docker.io/library/nginx:1.27`: made from the text. */
export const digestOf = (reference: string): Digest => sha256(reference);

export const known = (digest: Digest, more: Partial<Manifest> = {}): Answer<Manifest> => ({
  is: "known",
  value: { digest, mediaType: "application/vnd.oci.image.index.v1+json", kind: "index", learned: "2026-01-01T00:00:00Z", from: "registry", ...more },
});

export const unknown = (code: Failure["code"], message = `made to be ${code}`): Answer<never> => ({ is: "unknown", why: { code, message, registry: "registry.example" } });

/** What the stub says to a question, unless the test has another answer. Tags exist, and so does every digest. */
export const usual = ({ registry, repository, selector }: Question): Answer<Manifest> =>
  known(selector.includes(":") ? (selector as Digest) : digestOf(`${registry}/${repository}:${selector}`));

/** A gatherer that answers from a function and writes down what it was asked. */
export function stub(answer: (question: Question) => Answer<Manifest> | undefined = usual): { gather: Gather; asked: string[] } {
  const asked: string[] = [];
  const gather: Gather = async (questions) => {
    asked.push(...questions.map(questionKey));
    return new Map(questions.map((question) => [questionKey(question), answer(question) ?? usual(question)]));
  };
  return { gather, asked };
}

type Overrides<Options> = Omit<Partial<Options>, "policy"> & { policy?: Partial<Policy> };

const run = (policy: Partial<Policy> = {}): CheckOptions => ({
  policy: { ...DEFAULT_POLICY, ...policy },
  baseline: new Set(),
  adopt: false,
  fromPolicy: "",
  version: "0.0.0-test",
  started: "2026-06-15T12:00:00.000Z",
  clock: () => 0,
});

/** A report whose references are a list, for tests that look at them more than once. */
export type Listed = Omit<Report, "references"> & { readonly references: readonly ReportedReference[] };

const listed = (report: Report): Listed => ({ ...report, references: [...report.references] });

export async function checked(files: Files, { policy, ...more }: Overrides<CheckOptions> = {}): Promise<Listed> {
  return listed(await check(workspace(files), { ...run(policy), ...more }));
}

/** A survey whose files are a list. */
export const surveyed = async (place: Workspace): Promise<ReturnType<typeof settled>> => settled(await survey(place));

/** Pins in place: `files` holds the new contents afterwards. */
export async function pinned(files: Files, { policy, ...more }: Overrides<PinOptions> = {}, place = workspace(files)): Promise<Omit<PinOutcome, "report"> & { readonly report: Listed }> {
  const outcome = await pin(place, {
    ...run(policy),
    gather: stub().gather,
    unsafe: false,
    verify: false,
    write: async ({ source, after }) => {
      files[source.path] = put(source, after, files[source.path]!);
      return "written";
    },
    ...more,
  });
  return { ...outcome, report: listed(outcome.report) };
}

function put(source: SourceFile, after: string, old: string | Buffer): string | Buffer {
  return typeof old === "string" ? after : encode({ ...source, text: after });
}
