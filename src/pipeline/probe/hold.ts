/**
 * The last word before anything is written: everything that a change reaches is rendered with the new texts, and may
 * differ from before in the images that were wanted and in nothing else.
 */
import type { ImageReference } from "../../model/reference.ts";
import type { Render, RenderFailure, Root } from "../../model/render.ts";
import type { SourceFile } from "../../model/site.ts";
import { affectedBy } from "../roots/affected.ts";
import type { FoundRoots } from "../roots/found.ts";
import type { CheckedFiles } from "../roots/tree.ts";
import { type Difference, differences, fieldKey } from "./difference.ts";
import { failureReason } from "./failure.ts";
import { judgeDifference, sameImage } from "./judge-difference.ts";

export interface HoldInput {
  readonly render: Render;
  readonly checked: CheckedFiles;
  readonly found: FoundRoots;
  /** Finds the roots again, in texts that were changed. */
  readonly find: (checked: CheckedFiles) => Promise<FoundRoots>;
  readonly changes: readonly Change[];
  /** Whether a version label may change along with an image. */
  readonly labels: boolean;
}

/** A file that is about to be written. */
export interface Change {
  readonly source: SourceFile;
  readonly after: string;
  /** The references that its pins write, as they will be rendered. */
  readonly wanted: readonly ImageReference[];
  /** Of these, those that have to come out of a root, since they were proved in it. */
  readonly proved: readonly { readonly root: Root; readonly reference: ImageReference }[];
}

export interface Held {
  /** Files that are not written, and why. */
  readonly refused: ReadonlyMap<string, string>;
  readonly renders: number;
  /** Roots that do not render as they are, so that nothing is proved about them. */
  readonly failures: readonly { readonly root: Root; readonly why: RenderFailure }[];
}

export async function hold(input: HoldInput): Promise<Held> {
  const holder = new Holder(input);
  for (const root of affectedBy(input.found, input.changes.map(({ source }) => source.path))) {
    if (root.elsewhere === undefined) await holder.root(root);
  }
  return { refused: holder.refused, renders: holder.renders, failures: holder.failures };
}

class Holder {
  readonly refused = new Map<string, string>();
  readonly failures: { root: Root; why: RenderFailure }[] = [];
  renders = 0;
  private readonly input: HoldInput;
  private readonly found = new Map<string, Promise<readonly Root[]>>();

  constructor(input: HoldInput) {
    this.input = input;
  }

  async root(root: Root): Promise<void> {
    const reaching = this.input.changes.filter(({ source }) => affectedBy({ ...this.input.found, roots: [root] }, [source.path]).length > 0);
    const before = await this.render(root, new Map());
    if (before.is === "unknown") {
      this.failures.push({ root, why: before.why });
      return;
    }
    const open = reaching.filter(({ source }) => !this.refused.has(source.path));
    const why = await this.wrongWith(root, before.value.text, open);
    if (why === undefined) return;
    if (open.length === 1) return this.refuse(open, root, why);
    // Each by itself, so that the others are written.
    const wrong: Change[] = [];
    for (const change of open) {
      const alone = await this.wrongWith(root, before.value.text, [change]);
      if (alone === undefined) continue;
      wrong.push(change);
      this.refuse([change], root, alone);
    }
    if (wrong.length === 0) this.refuse(open, root, why);
  }

  private refuse(changes: readonly Change[], root: Root, why: string): void {
    const name = root.by === "folder" ? `${root.folder || "the folder itself"}` : `what ${root.said.file}:${root.said.position.line} deploys`;
    for (const { source } of changes) this.refused.set(source.path, `rendering ${name} with its pins ${why}`);
  }

  private render(root: Root, instead: ReadonlyMap<string, string>): ReturnType<Render> {
    this.renders++;
    return this.input.render({ root, instead, provenance: false });
  }

  /** What is wrong with some of the changes, if anything. */
  private async wrongWith(root: Root, before: string, changes: readonly Change[]): Promise<string | undefined> {
    const instead = new Map(changes.map(({ source, after }) => [source.path, after]));
    const changed = await this.sameRoot(root, instead);
    if (!changed) return "is another root than before";
    const answer = await this.render(changed, instead);
    if (answer.is === "unknown") return failureReason(answer.why).why;
    const arrived: ImageReference[] = [];
    const wanted = changes.flatMap((change) => change.wanted);
    const doubtful: [Difference, string][] = [];
    for (const difference of await differences(before, answer.value.text)) {
      const judged = judgeDifference(difference);
      if (judged.is === "checksum" || (judged.is === "version-label" && this.input.labels)) continue;
      if (judged.is === "digest" && wanted.some((one) => one.digest === judged.digest)) continue;
      if (judged.is === "digest") doubtful.push([difference, `changes ${difference.path.join(".")} to a digest that was not asked for`]);
      else if (judged.is === "version-label") doubtful.push([difference, judged.why]);
      else if (judged.is === "other") doubtful.push([difference, judged.reason.why]);
      else for (const { before: old, after } of judged.changes) {
        if (wanted.some((one) => sameImage(one, old) && one.digest === after.digest)) arrived.push({ ...old, digest: after.digest! });
        else doubtful.push([difference, `makes ${after.name}@${after.digest} of ${old.name}:${old.tag}, which is not what was asked for`]);
      }
    }
    if (doubtful.length > 0) {
      // What is made up anew at each rendering differs without any change.
      const again = await this.render(root, new Map());
      const masked = again.is === "known" ? new Set((await differences(before, again.value.text)).map(fieldKey)) : new Set<string>();
      const wrong = doubtful.find(([difference]) => !masked.has(fieldKey(difference)));
      if (wrong) return wrong[1];
    }
    const lost = changes.flatMap(({ proved }) => proved).find((one) => one.root === root && !arrived.some((image) => sameImage(image, one.reference) && image.digest === one.reference.digest));
    return lost && `does not bring the digest to ${lost.reference.name}:${lost.reference.tag}`;
  }

  /** The same root as the changed texts have it: its values may stand in one of them. */
  private async sameRoot(root: Root, instead: ReadonlyMap<string, string>): Promise<Root | undefined> {
    const { checked, found, find } = this.input;
    const key = [...instead.keys()].join("\u0000");
    let roots = this.found.get(key);
    if (!roots) {
      const read: CheckedFiles["read"] = (file) => {
        const text = instead.get(file);
        const source = checked.read(file);
        return text === undefined || !source || !("text" in source) ? source : { ...source, text };
      };
      this.found.set(key, (roots = find({ files: checked.files, read }).then((one) => one.roots)));
    }
    const after = await roots;
    const same = after.length === found.roots.length ? after[found.roots.indexOf(root)] : undefined;
    return same && same.folder === root.folder && same.by === root.by && same.tool === root.tool ? same : undefined;
  }
}
