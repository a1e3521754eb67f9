/**
 * Which texts may hold an image, told without parsing them. Surfaces find images under keys that end in
 * `image` or `images` (`containerImage`, `images`), in values files also under `repository`; other files
 * matter when they name values files. So a text without such a key holds no site, whatever else it says:
 * a quarter of the documents that mention images only mention them (bench/accuracy holds the recall).
 * Custom resources with images under other keys (`package`, `url`, `version`) are told by their kind.
 */
import { namesKind, KindSearch } from "./kinds.ts";
import { RangeSearch } from "./range-search.ts";
import type { FileRole } from "./surface.ts";

/** A key by its end, as it stands in a text: `ends`, then perhaps an `s`, a quote, spaces, and a colon. */
export interface KeyEnd {
  readonly bytes: Buffer;
  readonly text: string;
}

/** The keys that matter in a file of this role. */
export const keyEndsFor = ({ values }: Pick<FileRole, "values">): readonly KeyEnd[] => (values ? VALUES : MANIFEST);

const keyEnd = (text: string): KeyEnd => ({ text, bytes: Buffer.from(text) });

// Applications and HelmReleases hold values as well, with a `repository` under any name.
const REPOSITORY = keyEnd("repository");
const IMAGE = ["mage", "aluesFile", "alueFiles"].map(keyEnd);
const MANIFEST = [...IMAGE, REPOSITORY];
const VALUES = [...MANIFEST, keyEnd("MAGE")];

/** What a key may have behind its end: `imageName`, `imageRef`, `imageURL`. */
const SUFFIXES = ["Name", "Ref", "Uri", "URI", "Url", "URL"];

const S = 115, BACKSLASH = 92, SLASH = 47, DOT = 46, LOWER_I = 105, DQUOTE = 34, SQUOTE = 39, SPACE = 32, TAB = 9, NL = 10, CR = 13, COLON = 58, QUESTION = 63, N = 78, R = 82, U = 85;

type At = (position: number) => number | undefined;

/**
 * Whether the word that ends at `position` is a key: a colon follows, or it stands behind `? `. In a document
 * inside a string its quote is escaped. Patches and Helm parameters name a key as a value.
 */
function isKey(at: At, position: number): boolean {
  let i = behindSuffix(at, position);
  if (at(i) === S) i++;
  // `imageRepository`, `imageRegistry`.
  else if (at(i) === R) while (isWord(at(i))) i++;
  while (at(i) === BACKSLASH) i++;
  if (at(i) === DQUOTE || at(i) === SQUOTE) i++;
  while (at(i) === SPACE || at(i) === TAB || at(i) === NL || at(i) === CR) i++;
  return at(i) === COLON || isPointer(at, position) || isParameter(at, position) || isExplicitKey(at, position);
}

/** `path: /spec/containers/0/image`, whose value stands under another key. */
const isPointer = (at: At, position: number): boolean =>
  at(position - 6) === SLASH && at(position - 5) === LOWER_I && !isWord(at(position)) && at(position) !== SLASH && at(position) !== DOT;

/** `name: image.tag`, a Helm parameter in an Argo CD Application: the whole value, and not a word of a sentence. */
function isParameter(at: At, position: number): boolean {
  if (at(position) !== DOT) return false;
  let i = position;
  while (isWord(at(i)) || at(i) === DOT) i--;
  if (at(i) === DQUOTE || at(i) === SQUOTE) i--;
  while (at(i) === SPACE) i--;
  return at(i) === COLON;
}

function behindSuffix(at: At, position: number): number {
  const first = at(position);
  if (first !== N && first !== R && first !== U) return position;
  const suffix = SUFFIXES.find((one) => [...one].every((letter, i) => at(position + i) === letter.charCodeAt(0)));
  return position + (suffix?.length ?? 0);
}

/** `? image` on a line of its own, with its `: value` below (YAML 1.2, 8.2.2). */
function isExplicitKey(at: At, position: number): boolean {
  let i = position - 1;
  while (isWord(at(i))) i--;
  while (at(i) === SPACE || at(i) === DQUOTE || at(i) === SQUOTE) i--;
  return at(i) === QUESTION;
}

const isWord = (code: number | undefined): boolean =>
  code !== undefined && ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 45 || code === 95);

/** A key spelled with escapes (`"im\x61ge"`) can be any key. */
const ESCAPED_KEY = /"[^"\n]{0,200}\\[xuU][^"\n]{0,200}"\s*:/;

/** Whether the text spells a key with escapes; then every document in it is read. */
export const hasEscapedKey = (text: string): boolean =>
  (text.includes("\\x") || text.includes("\\u") || text.includes("\\U")) && ESCAPED_KEY.test(text);

/**
 * Images that stand under no key of that name: `registry.io/path:tag`, a variable or an argument that is named after
 * an image. Looked for only where there is no key. What has no registry in front and no such name, as `redis:7` in a
 * ConfigMap, is not found, since nearly everything looks like it.
 */
const MENTION = /\.[a-z]{2,10}(?::\d+)?\/[\w./-]+[:@]\w|IMAGE|mage=/;

/** In pipelines also these, which name an image in a word. */
const IN_PIPELINES = /docker:\/\/|(?:container|services)["']?[ \t]*:/;

const mentions = (text: string, { ci }: FileRole): boolean => MENTION.test(text) || (ci === true && IN_PIPELINES.test(text));

const ESCAPES = ["\\x", "\\u", "\\U"].map((escape) => Buffer.from(escape));

/** Whether the bytes of a UTF-8 file may hold an image: one of the keys, one that cannot be told, a kind to read, or a mention. */
export const mayHoldImage = (bytes: Buffer, role: FileRole, kinds: ReadonlySet<string>): boolean =>
  hasKey(bytes, keyEndsFor(role)) || namesKind(bytes, kinds) || mentions(bytes.toString("latin1"), role);

/** Whether a file's name alone says that it is read: for what it leads to, or takes from elsewhere. */
const isReadByName = ({ kustomization, chart, argocdSource }: FileRole): boolean => kustomization || chart === "definition" || argocdSource === true;

/** Whether the bytes of a UTF-8 file may matter. Most charts depend on no other. */
export const mayMatter = (bytes: Buffer, role: FileRole, kinds: ReadonlySet<string>): boolean =>
  role.chart !== "lock" && ((isReadByName(role) && (!role.chart || bytes.includes("dependencies"))) || mayHoldImage(bytes, role, kinds));

/** Whether the bytes of a UTF-8 file have one of the keys, or one that cannot be told. */
export function hasKey(bytes: Buffer, ends: readonly KeyEnd[]): boolean {
  const at = (position: number): number | undefined => bytes[position];
  const found = ends.some(({ bytes: end }) => {
    for (let i = bytes.indexOf(end); i >= 0; i = bytes.indexOf(end, i + end.length)) if (isKey(at, i + end.length)) return true;
    return false;
  });
  return found || (ESCAPES.some((escape) => bytes.includes(escape)) && hasEscapedKey(bytes.toString("latin1")));
}

/** Finds a key in the documents of one text. */
export class KeySearch extends RangeSearch {
  private readonly source: string;
  private readonly end: string;

  constructor(source: string, end: KeyEnd) {
    super();
    this.source = source;
    this.end = end.text;
  }

  protected find(from: number): number {
    const { source, end } = this;
    const at = (position: number): number => source.charCodeAt(position);
    for (let i = source.indexOf(end, from); i >= 0; i = source.indexOf(end, i + end.length)) if (isKey(at, i + end.length)) return i;
    return -1;
  }
}

/** Which documents to read: those that may hold an image and are no schemas. */
export function candidates(text: string, role: FileRole, kinds: ReadonlySet<string>): (from: number, to: number, whole: boolean) => boolean {
  if (role.chart === "lock") return () => false;
  const keys = (role.values ? VALUES : IMAGE).map((end) => new KeySearch(text, end));
  const repository = role.values ? undefined : new KeySearch(text, REPOSITORY);
  const named = new KindSearch(text, kinds);
  // A kustomization without images leads to others that have some; others name charts.
  const all = isReadByName(role) || hasEscapedKey(text);
  /** In a manifest a repository is an image's only where there are Helm values. */
  const holdsValues = (from: number, to: number): boolean => repository?.within(from, to) === true && HELM.test(text.slice(from, to));
  return (from, to, whole) =>
    (all || keys.some((key) => key.within(from, to)) || named.within(from, to) || holdsValues(from, to) || mentions(text.slice(from, to), role)) && (whole || !isSchema(text.slice(from, Math.min(to, from + HEAD))));
}

/** Objects with Helm values in them (HelmRelease, HelmChart, `helm:` of an Application), and values in a ConfigMap. */
const HELM = /Helm|\bhelm|values[\w.-]*\.ya?ml/;

/** Custom resource definitions hold most bytes of many repositories, and no images. */
const DEFINITION = /^kind: *["']?CustomResourceDefinition["']? *$/m;
/** A JSON schema, of an object or of an API, told by how it begins. What names a schema of its own alone (`"$schema": "./values.json"`) is none. */
const JSON_SCHEMA = /^\ufeff?\s*\{\s*(?:"(?:\$id|\$comment|title|description)"\s*:\s*"(?:[^"\\]|\\.)*"\s*,\s*)*"(?:\$schema"\s*:\s*"https?:\/\/json-schema\.org\/|swagger"\s*:\s*"2|openapi"\s*:\s*"3|properties"\s*:\s*\{\s*"apiVersion"\s*:\s*\{)/;

const isSchema = (head: string): boolean => DEFINITION.test(head) || JSON_SCHEMA.test(head);

/** `kind` stands near the top; a definition that hides it further down is parsed and found out then. */
const HEAD = 4096;

/**
 * Whether a document that cannot be read is a loss: it has a key of an image's, or is of a kind to read. What only
 * mentions an image may be no manifest at all, such as JSON with comments.
 */
export const isLoss = (document: string, role: FileRole, kinds: ReadonlySet<string>): boolean =>
  hasEscapedKey(document) || [...keyEndsFor(role).map((end) => new KeySearch(document, end)), new KindSearch(document, kinds)].some((search) => search.within(0, document.length));
