/**
 * A copy of what is rendered, and of nothing else. Everything that a program gets to read comes through here, so
 * here is proved that no path and no link leaves the checked folder.
 */
import { constants, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, type Stats, symlinkSync } from "node:fs";
import { copyFile, mkdir, open, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, posix, relative } from "node:path";
import type { SaidAt } from "../model/render.ts";
import { quoted, Refusal, refused } from "./refusal.ts";

export interface Bounds {
  readonly files: number;
  readonly bytes: number;
}

/** What a path leads to. `path` is the same place without links on the way. */
export interface Place {
  readonly path: string;
  readonly is: "file" | "folder";
}

/** As many as Linux follows (path_resolution(7)). */
const LINKS = 40;

export class Scratch {
  private readonly root: string;
  private readonly folder: string;
  private readonly instead: ReadonlyMap<string, string>;
  private readonly bounds: Bounds;
  private readonly seen = new Map<string, Stats | undefined>();
  private readonly copied = new Set<string>();
  private bytes = 0;

  /** `root` is the checked folder without links on the way to it; `folder` is empty. */
  constructor(root: string, folder: string, instead: ReadonlyMap<string, string>, bounds: Bounds) {
    this.root = root;
    this.folder = folder;
    this.instead = instead;
    this.bounds = bounds;
  }

  /** Where the copy of a path is. */
  at(path: string): string {
    return path === "" ? this.folder : join(this.folder, path);
  }

  /** A path as it is written in a file of `folder`; it stays in the checked folder. */
  static resolve(folder: string, written: string, said: SaidAt): string {
    if (written.includes("\0")) throw refused(`${quoted(written)} is no path`, said);
    if (isAbsolute(written)) throw refused(`${quoted(written)} is an absolute path, which is not read`, said);
    const path = posix.normalize(posix.join(folder, written));
    if (path === ".." || path.startsWith("../")) throw leaves(written, said);
    return path === "." ? "" : path.replace(/\/$/, "");
  }

  /** What is there; undefined if nothing is. Links on the way are made in the copy as well. */
  find(path: string, said: SaidAt): Place | undefined {
    const at: string[] = [];
    const rest = path.split("/");
    let links = 0;
    let last: Stats | undefined;
    while (rest.length > 0) {
      const step = rest.shift()!;
      if (step === "" || step === ".") continue;
      // A CI job's token is often in its configuration, and what is rendered is printed.
      if (step === ".git") throw refused(`${quoted(path)} is in .git, which is not read`, said);
      if (step === "..") {
        if (at.pop() === undefined) throw leaves(path, said);
        last = undefined;
        continue;
      }
      const here = [...at, step].join("/");
      const facts = this.look(here);
      if (facts === undefined) {
        const whole = [here, ...rest].join("/");
        if (this.instead.has(whole)) return { path: whole, is: "file" };
        return [...this.instead.keys()].some((key) => key.startsWith(`${whole}/`)) ? { path: whole, is: "folder" } : undefined;
      }
      if (facts.isSymbolicLink()) {
        if (++links > LINKS) throw refused(`${quoted(path)} is a symbolic link that leads in a circle`, said);
        const target = this.link(here, said);
        if (target.absolute) at.length = 0;
        rest.unshift(...target.steps);
        continue;
      }
      at.push(step);
      last = facts;
    }
    const real = at.join("/");
    const facts = last ?? this.look(real);
    if (facts === undefined) return undefined;
    if (facts.isDirectory()) return { path: real, is: "folder" };
    if (!facts.isFile()) throw refused(`${quoted(path)} is neither a file nor a folder`, said);
    return { path: real, is: "file" };
  }

  /** The text of a file, and whose text stands in place of it. */
  async text(place: Place, said: SaidAt): Promise<string> {
    return (await this.content(place, said)).toString("utf8");
  }

  /** Copies one file. */
  async file(place: Place, said: SaidAt): Promise<void> {
    if (this.copied.has(place.path)) return;
    const content = await this.content(place, said);
    this.count(place.path, content.length, said);
    await this.put(place.path, content);
  }

  /** Writes a text that is not as it stands on disk. */
  async put(path: string, content: string | Buffer): Promise<void> {
    const target = this.at(path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    // A link to a file that others share stays as it is.
    rmSync(target, { force: true });
    await writeFile(target, content, { mode: 0o600 });
    this.copied.add(path);
  }

  /** Copies a folder with all that is below it, and answers the files, by their places in it. */
  async tree(place: Place, said: SaidAt, stack: readonly string[] = [], shown = place.path): Promise<string[]> {
    if (stack.includes(place.path)) throw refused(`${quoted(shown)} is a symbolic link to a folder that it is in`, said);
    await mkdir(this.at(place.path), { recursive: true, mode: 0o700 });
    const files: string[] = [];
    for (const name of this.names(place.path)) {
      const path = shown === "" ? name : `${shown}/${name}`;
      const found = this.find(place.path === "" ? name : `${place.path}/${name}`, said);
      if (found?.is === "folder") files.push(...(await this.tree(found, said, [...stack, place.path], path)));
      else if (found) {
        await this.file(found, said);
        files.push(path);
      }
    }
    return files;
  }

  /** Copies what was taken already to a second place of the copy, links followed. */
  async graft(from: string, to: string, said: SaidAt): Promise<void> {
    const entries = await readdir(this.at(from));
    await mkdir(this.at(to), { recursive: true, mode: 0o700 });
    for (const name of entries.sort()) {
      const [source, target] = [`${from}/${name}`, `${to}/${name}`];
      const facts = await stat(this.at(source));
      if (facts.isDirectory()) await this.graft(source, target, said);
      else {
        this.count(target, facts.size, said);
        await copyFile(this.at(source), this.at(target));
      }
    }
  }

  /** What is in a folder, and what is said to be in it, in the order in which Go walks. */
  names(folder: string): string[] {
    const onDisk = this.look(folder)?.isDirectory() ? readdirSync(join(this.root, folder)) : [];
    const prefix = folder === "" ? "" : `${folder}/`;
    const added = [...this.instead.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length).split("/")[0]!);
    return [...new Set([...onDisk, ...added])].filter((name) => name !== ".git").sort();
  }

  /** The bytes of a file, or of whose text stands in place of it. */
  async content({ path }: Place, said: SaidAt): Promise<Buffer> {
    const text = this.instead.get(path);
    if (text !== undefined) return Buffer.from(text, "utf8");
    // Not through a link that has come since, and not waiting for the other end of a pipe.
    const file = await open(join(this.root, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      throw new Refusal("failed", `${path} cannot be read (${error.code ?? error.message})`, said);
    });
    try {
      const facts = await file.stat();
      if (!facts.isFile()) throw refused(`${quoted(path)} is no regular file`, said);
      if (facts.size > this.bounds.bytes) throw this.tooLarge(said);
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  /** What is at a place without links on the way to it. Asked once: answers that differ within a render help nobody. */
  private look(here: string): Stats | undefined {
    if (!this.seen.has(here)) this.seen.set(here, lookAt(join(this.root, here)));
    return this.seen.get(here);
  }

  /** Follows one link, and makes it in the copy. */
  private link(here: string, said: SaidAt): { readonly absolute: boolean; readonly steps: readonly string[] } {
    const written = readlinkSync(join(this.root, here));
    const absolute = isAbsolute(written);
    const inside = absolute ? relative(this.root, written) : written;
    if (absolute && (inside === ".." || inside.startsWith("../"))) throw leavesByLink(here, said);
    // Read from where the link is: `..` above the checked folder is found on the way.
    const end = posix.normalize(posix.join(absolute ? "" : posix.dirname(here), inside));
    if (end === ".." || end.startsWith("../")) throw leavesByLink(here, said);
    const target = this.at(here);
    if (!this.copied.has(here)) {
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      symlinkSync(absolute ? relative(posix.dirname(here), inside) || "." : written, target);
      this.copied.add(here);
    }
    return { absolute, steps: inside.split("/") };
  }

  private count(path: string, bytes: number, said: SaidAt): void {
    this.copied.add(path);
    this.bytes += bytes;
    if (this.copied.size > this.bounds.files || this.bytes > this.bounds.bytes) throw this.tooLarge(said);
  }

  private tooLarge(said: SaidAt): Refusal {
    return new Refusal("too-large", `what is rendered here is more than ${this.bounds.files} files or ${Math.round(this.bounds.bytes / 1_048_576)} MB`, said);
  }
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

const leaves = (written: string, said: SaidAt): Refusal => refused(`${quoted(written)} leads out of the checked folder; check the folder above that holds both`, said);

const leavesByLink = (link: string, said: SaidAt): Refusal => refused(`${link} is a symbolic link that leads out of the checked folder`, said);
