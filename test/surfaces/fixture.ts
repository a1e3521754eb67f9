/** Fixtures: `test/fixtures/<surface>/<case>/{before,after}.yaml` and `expected.json`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { decode } from "../../src/files/load.ts";
import { formatReference } from "../../src/model/reference.ts";
import type { ImageSite, LocatedFile, SourceFile, Unread } from "../../src/model/site.ts";

/** What a case says about its file, in words that a reader can check against `before.yaml`. */
export interface Expected {
  /** What the case shows. */
  readonly shows: string;
  /** Where we differ from a peer on purpose: why. */
  readonly why?: string;
  /** The name of the file in its repository; what a file is depends on it. */
  readonly file: string;
  /** Another file names this one as values. */
  readonly referenced?: boolean;
  /** Folders with a Chart.yaml. */
  readonly charts?: readonly string[];
  /** Pin with --unsafe-fixes. */
  readonly unsafeFixes?: boolean;
  readonly sites: readonly ExpectedSite[];
  /** Documents that were not read, as `line: kind`. */
  readonly unread?: readonly string[];
  readonly valuesFiles?: readonly string[];
}

export interface ExpectedSite {
  /** `line:column` of what a finding underlines. */
  readonly at: string;
  readonly raw: string;
  /** The reference that the parts make, or what there is in its place. */
  readonly reads: string;
  readonly path: string;
  readonly confidence: string;
  readonly slots: readonly string[];
  /** That it is said, not how: the wording is free to change. */
  readonly unpinnable?: true;
  readonly unsafe?: true;
  readonly owner?: string;
  readonly role?: string;
  /** A digest can be set in another place. */
  readonly elsewhere?: true;
}

export interface Case {
  readonly surface: string;
  readonly name: string;
  readonly expected: Expected;
  readonly before: Buffer;
  /** Absent where nothing is pinned. */
  readonly after: Buffer;
}

const folder = new URL("../fixtures/", import.meta.url);

/** Folders whose cases have a form of their own, which the tests that bear their names read. */
const OTHER_FORMS = ["artifacts", "charts", "evidence", "render", "replay", "typescript"];

/** Every fixture of a surface; of all of them without one. */
export function cases(only?: string): Case[] {
  const names = (url: URL): string[] => readdirSync(url, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  return names(folder).filter((surface) => !OTHER_FORMS.includes(surface) && (only === undefined || surface === only)).flatMap((surface) => names(new URL(`${surface}/`, folder)).map((name) => {
    const file = (part: string): URL => new URL(`${surface}/${name}/${part}`, folder);
    const before = readFileSync(file("before.yaml"));
    const after = existsSync(file("after.yaml")) ? readFileSync(file("after.yaml")) : before;
    return { surface, name, before, after, expected: JSON.parse(readFileSync(file("expected.json"), "utf8")) as Expected };
  }));
}

export function source({ expected, before }: Case): SourceFile {
  const decoded = decode(expected.file, before);
  if ("why" in decoded) throw new Error(decoded.why);
  return decoded;
}

/** A site in the words of `expected.json`. */
export function describeSite({ position, raw, reading, path, confidence, slots, unpinnable, unsafe, owner, role, elsewhere }: ImageSite): ExpectedSite {
  const reads =
    reading.is === "reference" ? formatReference(reading.reference)
    : reading.is === "invalid" ? `invalid (${reading.problem.code})`
    : reading.is === "incomplete" ? `incomplete: ${reading.missing}`
    : reading.is === "placeholder" ? `placeholder of ${reading.tool}`
    : reading.is;
  return {
    at: `${position.line}:${position.column}`,
    raw,
    reads,
    path: path.join("."),
    confidence,
    slots: slots.map(({ spells }) => spells),
    ...(unpinnable === undefined ? {} : { unpinnable: true as const }),
    ...(unsafe === undefined ? {} : { unsafe: true as const }),
    ...(owner ? { owner: owner.tool } : {}),
    ...(role === undefined ? {} : { role }),
    ...(elsewhere === undefined ? {} : { elsewhere: true as const }),
  };
}

export function describeFile({ sites, unread, valuesFiles }: LocatedFile): Pick<Expected, "sites" | "unread" | "valuesFiles"> {
  return {
    sites: sites.map(describeSite),
    ...(unread.length === 0 ? {} : { unread: unread.map(describeUnread) }),
    ...(valuesFiles.length === 0 ? {} : { valuesFiles }),
  };
}

const describeUnread = ({ position, kind }: Unread): string => `${position?.line}: ${kind}`;
