/** Pins that an earlier commit had another image at, and which of the two is older. */
import type { Subject } from "../model/evidence.ts";
import type { Answer, Comparison } from "../model/facts.ts";
import type { ImageField } from "../model/field.ts";
import type { Policy } from "../model/policy.ts";
import { type Digest, locate } from "../model/reference.ts";
import type { ImageSite, LocatedFile, SourceFile } from "../model/site.ts";
import { ownFields } from "../surfaces/known-fields.ts";
import type { FileRole } from "../surfaces/surface.ts";
import { needOf } from "./prove.ts";
import { locator } from "./survey.ts";

/** The files of an earlier commit, handed in. */
export interface Earlier {
  /** Files of today that were there and were different. */
  readonly changed: ReadonlySet<string>;
  read(file: string): Promise<SourceFile | undefined>;
}

/** What an image says of its own age. Both are covered by its digest. */
export interface Age {
  /** Label `org.opencontainers.image.version`. */
  readonly version?: string;
  /** `created` of the config. */
  readonly created?: string;
}

/** Reads what an image says of its age. Never throws for a registry's fault. */
export type AgeOf = (subject: Subject) => Promise<Answer<Age>>;

/** Comparisons by {@link placeOfSite}. A site that is not among them has not changed. */
export type Befores = ReadonlyMap<string, Answer<Comparison, string>>;

export const placeOfSite = ({ file, document, path, span }: ImageSite): string => JSON.stringify([file, document, path, span.start]);

/** Compares the pins of images that the policy wants signed with those of an earlier commit. */
export async function compareWithBefore(located: readonly LocatedFile[], earlier: Earlier, ageOf: AgeOf, policy: Pick<Policy, "images" | "fields">, roleOf: (file: string) => FileRole): Promise<Befores> {
  const found = new Map<string, Answer<Comparison, string>>();
  const asked = new Map<string, Promise<Answer<Age>>>();
  const age: AgeOf = (subject) => {
    const key = `${subject.registry}/${subject.repository}@${subject.digest}`;
    const running = asked.get(key) ?? ageOf(subject);
    asked.set(key, running);
    return running;
  };
  const work = located.filter(({ path }) => earlier.changed.has(path)).map(async ({ path, sites }) => {
    const wanted = sites.filter((site) => needOf(site, policy) && digestOf(site) !== undefined);
    const then = wanted.length === 0 ? [] : await sitesThen(path, earlier, policy.fields, roleOf(path));
    await Promise.all(wanted.map(async (site) => {
      const was = digestBefore(site, then);
      if (was === undefined) return;
      found.set(placeOfSite(site), was === "several" ? { is: "unknown", why: "the file pinned several digests of this image, and none at this place" } : await compare(site, was, age));
    }));
  });
  await Promise.all(work);
  return found;
}

async function sitesThen(file: string, earlier: Earlier, fields: readonly ImageField[], role: FileRole): Promise<readonly ImageSite[]> {
  const source = await earlier.read(file);
  // A TypeScript file is understood only with the others that it works together with.
  if (!source || role.typescript) return [];
  return (await (await locator()).locateFile(source, role, ownFields(fields))).sites;
}

const digestOf = ({ reading }: ImageSite): Digest | undefined => (reading.is === "reference" ? reading.reference.digest : undefined);

/** The digest that the same image was pinned by; undefined when there was none, or it is the same. */
function digestBefore(site: ImageSite, then: readonly ImageSite[]): Digest | "several" | undefined {
  const here = repositoryOf(site);
  const same = then.filter((one) => digestOf(one) !== undefined && repositoryOf(one) === here);
  if (same.some((one) => digestOf(one) === digestOf(site))) return undefined;
  const digests = new Set(same.map((one) => digestOf(one)!));
  if (digests.size <= 1) return [...digests][0];
  const path = JSON.stringify(site.path);
  const atPlace = same.find((one) => one.document === site.document && JSON.stringify(one.path) === path);
  return atPlace ? digestOf(atPlace) : "several";
}

function repositoryOf({ reading }: ImageSite): string | undefined {
  if (reading.is !== "reference") return undefined;
  const { registry, repository } = locate(reading.reference.name);
  return `${registry}/${repository}`;
}

async function compare(site: ImageSite, was: Digest, ageOf: AgeOf): Promise<Answer<Comparison, string>> {
  if (site.reading.is !== "reference") return { is: "absent" };
  const place = locate(site.reading.reference.name);
  const [now, then] = await Promise.all([ageOf({ ...place, digest: digestOf(site)! }), ageOf({ ...place, digest: was })]);
  if (now.is === "unknown") return { is: "unknown", why: now.why.message };
  if (then.is === "unknown") return { is: "unknown", why: `of the image before: ${then.why.message}` };
  if (then.is === "absent") return { is: "unknown", why: "the image before is gone from the registry" };
  if (now.is === "absent") return { is: "unknown", why: "the registry has no such image" };
  return byVersion(now.value, then.value, was) ?? byDate(now.value, then.value, was) ?? { is: "unknown", why: "the images say neither their versions nor when they were made" };
}

function byVersion({ version: now }: Age, { version: then }: Age, was: Digest): Answer<Comparison, string> | undefined {
  const [a, b] = [partsOf(now), partsOf(then)];
  if (!a || !b) return undefined;
  const place = a.findIndex((part, i) => part !== b[i]);
  // Two builds of one version: their dates may tell.
  if (place < 0) return undefined;
  return told(was, a[place]! - b[place]!, `version ${now!}, was ${then!}`);
}

/** Major, minor, patch. Versions with more behind them, such as `-rc.1`, have an order of their own, which not all projects keep. */
function partsOf(version: string | undefined): number[] | undefined {
  const parts = /^v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?$/.exec(version ?? "");
  return parts ? parts.slice(1).map((part) => Number(part ?? 0)) : undefined;
}

/** Builds that come out the same each time say 1970 or 1980, which is no date. */
const FIRST_DATE = Date.UTC(1990, 0, 1);

function byDate({ created: now }: Age, { created: then }: Age, was: Digest): Answer<Comparison, string> | undefined {
  const [a, b] = [Date.parse(now ?? ""), Date.parse(then ?? "")];
  if (!(a > FIRST_DATE && b > FIRST_DATE)) return undefined;
  return told(was, a - b, `made ${dayOf(a)}, was ${dayOf(b)}`);
}

const dayOf = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;

const told = (was: Digest, difference: number, by: string): Answer<Comparison, string> =>
  ({ is: "known", value: { was, is: difference < 0 ? "older" : difference > 0 ? "newer" : "same-age", by } });
