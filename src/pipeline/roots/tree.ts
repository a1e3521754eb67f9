/** The checked files as a tree of folders, and where a repository's own paths stand in it. */
import type { SourceFile, Unread } from "../../model/site.ts";
import { readStream } from "../../syntax/read.ts";
import { getText } from "../../syntax/tree.ts";
import { KUSTOMIZATION_NAMES } from "../../surfaces/roles.ts";
import { below, folderAround, pathFrom } from "../relative-path.ts";
import { type Text, textOf, type Value, valueOf } from "./value.ts";

/** What roots are looked for in: a workspace has it. */
export interface CheckedFiles {
  readonly files: readonly string[];
  read(file: string): SourceFile | Unread | undefined;
}

export class Tree {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  /** Folders with a Chart.yaml. */
  readonly charts: ReadonlySet<string>;
  /** The way from the repository's top to the checked folder, with a `/` at the end; "" when they are one. */
  private readonly prefix: string;
  private readonly checked: CheckedFiles;
  private readonly values = new Map<string, Promise<readonly Value[]>>();

  constructor(checked: CheckedFiles, prefix: string) {
    this.checked = checked;
    this.prefix = prefix;
    this.files = new Set(checked.files);
    const folders = new Set<string>([""]);
    for (const file of checked.files) for (let at = folderAround(file); !folders.has(at); at = folderAround(at)) folders.add(at);
    this.folders = folders;
    this.charts = new Set(checked.files.filter((file) => /(?:^|\/)Chart\.yaml$/.test(file)).map(folderAround));
  }

  /** A path from the repository's top as one from the checked folder; undefined when it lies outside. */
  fromTop(written: string): string | undefined {
    const path = pathFrom("", written.replace(/^\/+/, ""));
    if (path === undefined) return undefined;
    if (this.prefix === "") return path;
    return `${path}/`.startsWith(this.prefix) ? path.slice(this.prefix.length) : undefined;
  }

  /** A path from the checked folder as one from the repository's top. */
  toTop(path: string): string {
    return (this.prefix + path).replace(/\/$/, "");
  }

  /** The kustomization in a folder. With two of them kustomize refuses. */
  kustomizationIn(folder: string): string | undefined {
    const [name, second] = this.kustomizationsIn(folder);
    return second === undefined ? name : undefined;
  }

  kustomizationsIn(folder: string): string[] {
    return KUSTOMIZATION_NAMES.map((one) => below(folder, one)).filter((one) => this.files.has(one));
  }

  /** Whether a file is a template of a chart, which is no object before it is rendered. */
  isTemplate(file: string): boolean {
    for (let i = file.indexOf("templates/"); i >= 0; i = file.indexOf("templates/", i + 1)) {
      if (i === 0 ? this.charts.has("") : file[i - 1] === "/" && this.charts.has(file.slice(0, i - 1))) return true;
    }
    return false;
  }

  text(file: string): Text | undefined {
    const source = this.files.has(file) ? this.checked.read(file) : undefined;
    return source && "text" in source ? textOf(source) : undefined;
  }

  /** The documents of a file; none when it cannot be read, which a check of it says. */
  documents(file: string): Promise<readonly Value[]> {
    let known = this.values.get(file);
    if (!known) this.values.set(file, (known = this.read(file)));
    return known;
  }

  private async read(file: string): Promise<readonly Value[]> {
    const text = this.text(file);
    return text ? documentsOf(text, () => true) : [];
  }
}

/** The documents of a text that are wanted, each told by its own text and then by its kind. */
export async function documentsOf(source: Text, wanted: (document: string) => boolean, ofKind: (kind: string | undefined) => boolean = () => true): Promise<readonly Value[]> {
  const { documents } = await readStream(source.text, { wanted: (from, to) => wanted(source.text.slice(from, to)), template: true });
  return documents.flatMap(({ root }) => (ofKind(getText(source.text, root, "kind")) ? (valueOf(source, root) ?? []) : []));
}
