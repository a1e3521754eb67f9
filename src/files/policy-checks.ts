/** What a JSON Schema cannot say about the values in a policy. Each check looks at one string. */
import { globProblem } from "../model/match.ts";
import { locate, nameProblem } from "../model/reference.ts";

export interface Complaint {
  readonly code:
    | "bad-glob"
    | "never-matches"
    | "bad-date"
    | "bad-host"
    | "bad-mirror"
    | "bad-repository"
    | "duplicate";
  readonly message: string;
}

type Check = (value: string) => Complaint | undefined;
type Step = string | number;

export interface Value {
  readonly path: readonly Step[];
  readonly value: unknown;
}

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const PREFIX = /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;
const MAGIC = /[*?[\]{}()|!+@\\]/;

const glob: Check = (value) => {
  if (value.startsWith("!"))
    return { code: "bad-glob", message: `"${value}" begins with "!", and globs here do not negate; list it under paths.exclude, or add a more specific entry` };
  const problem = globProblem(value);
  return problem === undefined ? undefined : { code: "bad-glob", message: `"${value}" is not a glob: ${problem}` };
};

const never = (value: string, why: string, instead: string): Complaint => ({
  code: "never-matches",
  message: `"${value}" matches no image: ${why}; write "${instead}"`,
});

/** A glob over `registry/repository` that cannot match any is a mistake that would go unseen. */
const imageGlob: Check = (value) => {
  const bad = glob(value);
  // Alternatives may hold slashes and colons of their own, so no single text can be judged.
  if (bad || /[{(]/.test(value)) return bad;
  const slash = value.lastIndexOf("/");
  if (slash < 0) return value.includes("**") ? undefined : never(value, "names are registry/repository", suggestion(value));
  const name = value.slice(0, slash) + value.slice(slash).replace(/[:@].*$/s, "");
  return name === value ? registryProblem(value) : never(value, "tags and digests are not part of the name", name);
};

function registryProblem(value: string): Complaint | undefined {
  const first = value.slice(0, value.indexOf("/"));
  if (MAGIC.test(first)) return undefined;
  if (!/[.:A-Z]/.test(first) && first !== "localhost") return never(value, `"${first}" is not a registry`, `docker.io/${value}`);
  if (first === "index.docker.io") return never(value, "Docker Hub is docker.io here", value.slice("index.".length));
  if (MAGIC.test(value)) return undefined;
  const { registry, repository } = locate(value);
  const full = `${registry}/${repository}`;
  return full === value ? undefined : never(value, "Docker Hub's short names are written out", full);
}

function suggestion(value: string): string {
  if (value === "*") return "**";
  if (MAGIC.test(value)) return `**/${value}`;
  return HOST.test(value) && /[.:]/.test(value) ? `${value}/**` : `docker.io/library/${value.replace(/[:@].*$/s, "")}`;
}

const date: Check = (value) => {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined)
    return { code: "bad-date", message: `"${value}" is not a date; write it as YYYY-MM-DD, for instance 2027-01-31` };
  const real = new Date(Date.UTC(year, month - 1, day));
  if (real.getUTCMonth() === month - 1 && real.getUTCDate() === day) return undefined;
  return { code: "bad-date", message: `${value} is not a day in the calendar` };
};

const host: Check = (value) =>
  HOST.test(value) ? undefined : { code: "bad-host", message: `"${value}" is not host or host:port; write it without scheme and path` };

/** `host[:port][/prefix]`; what people write instead is a URL or a slash at the end. */
const mirrorTarget: Check = (value) => {
  const slash = value.indexOf("/");
  const place = slash < 0 ? value : value.slice(0, slash);
  if (HOST.test(place) && (slash < 0 || PREFIX.test(value.slice(slash + 1)))) return undefined;
  return { code: "bad-mirror", message: `"${value}" is not a mirror; write host[:port][/prefix], without scheme and without a slash at the end` };
};

const mirrorSource: Check = (value) => {
  const bad = { code: "bad-mirror" as const, message: `"${value}" is not the beginning of registry/repository; write for instance docker.io or docker.io/library` };
  const slash = value.indexOf("/");
  const first = slash < 0 ? value : value.slice(0, slash);
  if (!HOST.test(first) || (!/[.:A-Z]/.test(first) && first !== "localhost")) return bad;
  return slash >= 0 && nameProblem(value) ? bad : undefined;
};

/** `registry/repository`, written out. */
const repository: Check = (value) => {
  const { registry, repository: path } = locate(value);
  if (value.includes("/") && nameProblem(value) === undefined && `${registry}/${path}` === value) return undefined;
  return { code: "bad-repository", message: `"${value}" is not registry/repository; write for instance registry.acme.example/evidence, without tag and digest` };
};

/** Where each check applies; `*` stands for every item of a list. */
const CHECKS: readonly (readonly [path: string, check: Check])[] = [
  ["registries.ours.*", imageGlob],
  ["registries.plainHttp.*", host],
  ["mirrors.*.from", mirrorSource],
  ["mirrors.*.to", mirrorTarget],
  ["images.*.match", imageGlob],
  ["evidence.*.match", imageGlob],
  ["evidence.*.repository", repository],
  ["paths.include.*", glob],
  ["paths.exclude.*", glob],
  ["waivers.*.image", glob],
  ["waivers.*.path", glob],
  ["waivers.*.until", date],
];

const UNIQUE: readonly string[] = ["images.*.match", "evidence.*.match", "mirrors.*.from"];

/** Runs all checks over data that may be anything; what is not a string is the schema's business. */
export function* complaints(data: unknown): Generator<Complaint & { path: readonly Step[] }> {
  for (const [pattern, check] of CHECKS)
    for (const { path, value } of select(data, pattern)) {
      const complaint = typeof value === "string" && value !== "" ? check(value) : undefined;
      if (complaint) yield { ...complaint, path };
    }
  for (const pattern of UNIQUE) {
    const seen = new Map<unknown, readonly Step[]>();
    for (const { path, value } of select(data, pattern)) {
      if (seen.has(value)) yield { code: "duplicate", message: `${JSON.stringify(value)} has an entry already; keep one of them`, path };
      else seen.set(value, path);
    }
  }
}

/** All values at a dotted path. */
export function select(data: unknown, pattern: string): Value[] {
  let found: Value[] = [{ path: [], value: data }];
  for (const step of pattern.split("."))
    found = found.flatMap(({ path, value }) => {
      if (step === "*") return Array.isArray(value) ? value.map((item: unknown, index) => ({ path: [...path, index], value: item })) : [];
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
      return [{ path: [...path, step], value: (value as Record<string, unknown>)[step] }];
    });
  return found;
}
