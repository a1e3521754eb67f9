/** The files of a workspace as trees and places, each read once. */
import type { Span } from "../../model/site.ts";
import { innerText } from "../../syntax/inner.ts";
import { Lines } from "../../syntax/lines.ts";
import { readStream } from "../../syntax/read.ts";
import { contentSpan, type Node, SCALAR } from "../../syntax/tree.ts";
import type { Workspace } from "../survey.ts";
import type { Place } from "./origin.ts";

/** A document, wherever it stands: in a file, or in a string of one. */
export interface Located {
  readonly file: string;
  /** The text that the tree's offsets count in. */
  readonly text: string;
  readonly root: Node;
  /** A range of `text` as one of the file. */
  readonly outward: (span: Span) => Span;
}

const same = (span: Span): Span => span;

export class Sources {
  private readonly workspace: Pick<Workspace, "read" | "files">;
  private readonly texts = new Map<string, string | undefined>();
  private readonly lines = new Map<string, Lines>();
  private readonly trees = new Map<string, Promise<readonly Located[]>>();

  constructor(workspace: Pick<Workspace, "read" | "files">) {
    this.workspace = workspace;
  }

  get files(): readonly string[] {
    return this.workspace.files;
  }

  /** The text of a file; undefined when there is none that can be read. */
  text(file: string): string | undefined {
    if (!this.texts.has(file)) {
      const source = this.workspace.read(file);
      this.texts.set(file, source && "text" in source ? source.text : undefined);
    }
    return this.texts.get(file);
  }

  /** The documents of a file that are YAML; none of a file that is not there. */
  documents(file: string): Promise<readonly Located[]> {
    let known = this.trees.get(file);
    if (!known) {
      const text = this.text(file);
      this.trees.set(file, (known = text === undefined ? Promise.resolve([]) : read(file, text, same)));
    }
    return known;
  }

  /** The documents in a scalar of a document. */
  async inside({ file, text, outward }: Located, scalar: Node): Promise<readonly Located[]> {
    const inner = innerText(text, scalar);
    return inner ? read(file, inner.text, (span) => outward(inner.outward(span))) : [];
  }

  /** Where a scalar stands in its file. */
  placeOf({ file, text, outward }: Located, scalar: Node): Place {
    return this.place(file, outward(scalar.kind === SCALAR ? contentSpan(text, scalar) : { start: scalar.start, end: scalar.start }));
  }

  place(file: string, span: Span): Place {
    let lines = this.lines.get(file);
    if (!lines) this.lines.set(file, (lines = new Lines(this.text(file) ?? "")));
    const position = lines.at(span.start);
    return { file, span, position, end: lines.at(span.end), excerpt: lines.line(position.line) };
  }
}

async function read(file: string, text: string, outward: Located["outward"]): Promise<readonly Located[]> {
  const { documents } = await readStream(text, { wanted: () => true });
  return documents.map(({ root }) => ({ file, text, root, outward }));
}
