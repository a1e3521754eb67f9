/**
 * Renders with the real Helm and kustomize, in a sandbox: a copy of what is reached, an environment with nothing of
 * the user's, a group of processes with an end. docs/sandbox.md says what is refused and why.
 */
import { mkdir, realpath } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import type { Render, RenderAnswer, RenderFailure, RenderRequest, Root } from "../model/render.ts";
import { scrubbed, searchPath } from "./environment.ts";
import { prepareHelm } from "./helm.ts";
import { prepareKustomize } from "./kustomize.ts";
import { withFolder } from "./living.ts";
import { findPrograms, type Program, type Programs } from "./programs.ts";
import { Refusal } from "./refusal.ts";
import { type Limits, type Ran, run } from "./run.ts";
import { type Bounds, Scratch } from "./scratch.ts";
import { readable, type Spelling } from "./words.ts";

export interface RenderOptions {
  /** The checked folder, absolute. Nothing outside of it is read. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<Limits>;
  readonly bounds?: Partial<Bounds>;
  /** How many programs run at the same time. */
  readonly concurrency?: number;
}

const MB = 1024 * 1024;
const LIMITS: Limits = { milliseconds: 60_000, graceMilliseconds: 2_000, outputBytes: 64 * MB, memoryBytes: 4096 * MB };
const BOUNDS: Bounds = { files: 20_000, bytes: 256 * MB };

/** A renderer for one run. Programs are found, and asked for their versions, when they are first needed. */
export function createRender(options: RenderOptions): Render {
  const limits = { ...LIMITS, ...options.limits };
  const bounds = { ...BOUNDS, ...options.bounds };
  const limit = pLimit(options.concurrency ?? availableParallelism());
  let ready: Promise<Room> | undefined;
  return (request) => limit(async () => {
    try {
      ready ??= makeRoom(options, limits, bounds);
      return await answer(request, await ready);
    } catch (error) {
      return { is: "unknown", why: (error instanceof Refusal ? error : unforeseen(error, request.root)).why };
    }
  });
}

/** A disk that is full, a file that may not be read: said without the place of the copy. */
function unforeseen(error: unknown, root: Root): Refusal {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return new Refusal("failed", `${root.folder || "."} cannot be copied to render it (${code} at ${syscall})`, root.said);
}

/** What all renders of a run share. */
interface Room {
  /** The checked folder, without links on the way to it. */
  readonly root: string;
  readonly path: readonly string[];
  readonly programs: Programs;
  readonly limits: Limits;
  readonly bounds: Bounds;
}

async function makeRoom({ root: given, env }: RenderOptions, limits: Limits, bounds: Bounds): Promise<Room> {
  const root = await realpath(given);
  const search = { path: env["PATH"], root, limits };
  return { root, path: searchPath(search.path, root).folders, programs: findPrograms(search), limits, bounds };
}

async function answer(request: RenderRequest, room: Room): Promise<RenderAnswer> {
  const { root } = request;
  if (root.elsewhere !== undefined) throw new Refusal("elsewhere", root.elsewhere, root.said);
  return withFolder("lading-render-", (folder) => inFolder(request, room, folder));
}

async function inFolder(request: RenderRequest, room: Room, folder: string): Promise<RenderAnswer> {
  const tree = join(folder, "tree");
  const values = join(folder, "values");
  await mkdir(tree, { mode: 0o700 });
  const scratch = new Scratch(room.root, tree, request.instead, room.bounds);
  const plan = await planOf(request, room, scratch, values);
  const env = await scrubbed(folder, room.path);
  const began = performance.now();
  const ran = await run({ program: plan.program.path, args: [...plan.program.prefix, ...plan.args], env, cwd: tree }, room.limits);
  const milliseconds = performance.now() - began;
  if (ran.is === "done") return { is: "known", value: { text: ran.output, program: plan.name, milliseconds } };
  const spellings: Spelling[] = [...layerNames(request, values), [`${tree}/`, ""], [tree, "."], [folder, "(temporary folder)"]];
  throw failure(ran, plan.name, room.limits, spellings, request.root);
}

interface Plan {
  readonly program: Program;
  readonly args: readonly string[];
  readonly name: string;
}

/** The files are checked before a program is looked for, so that what is refused is refused on every machine. */
async function planOf(request: RenderRequest, room: Room, scratch: Scratch, values: string): Promise<Plan> {
  const { root } = request;
  if (root.tool === "helm") {
    const args = await prepareHelm(request, scratch, values);
    const helm = await there(room.programs.helm(), root);
    return { program: helm, args, name: helm.name };
  }
  const { args, charts } = await prepareKustomize(request, scratch);
  const kustomize = await there(room.programs.kustomize(), root);
  if (!charts) return { program: kustomize, args, name: kustomize.name };
  const helm = await there(room.programs.helm(), root);
  return { program: kustomize, args: ["--enable-helm", "--helm-command", helm.path, ...args], name: `${kustomize.name} with ${helm.name}` };
}

async function there(found: ReturnType<Programs["helm"]>, root: Root): Promise<Program> {
  const program = await found;
  if (!("missing" in program)) return program;
  const what = root.tool === "helm" ? "the chart in %s would be rendered by `helm template`" : "the kustomization in %s would be rendered by `kustomize build`";
  throw new Refusal("no-program", `${what.replace("%s", root.folder || ".")} and its images judged, and is not: ${program.missing}`, root.said);
}

function failure(ran: Exclude<Ran, { is: "done" }>, program: string, limits: Limits, spellings: readonly Spelling[], root: Root): Refusal {
  const codes: Readonly<Record<typeof ran.is, RenderFailure["code"]>> = { failed: "failed", timeout: "timeout", "too-large": "too-large", "not-started": "no-program" };
  return new Refusal(codes[ran.is], `${root.folder || "."}: ${program} ${sentence(ran, limits, spellings)}`, root.said);
}

function sentence(ran: Exclude<Ran, { is: "done" }>, limits: Limits, spellings: readonly Spelling[]): string {
  switch (ran.is) {
    case "timeout":
      return `was not done after ${limits.milliseconds / 1000} s, and was ended`;
    case "too-large":
      return ran.what === "output" ? `printed more than ${Math.round(limits.outputBytes / MB)} MB, and was ended` : `took more than ${Math.round(limits.memoryBytes / MB)} MB of memory, and was ended`;
    case "not-started":
      return `could not be started (${ran.why})`;
    case "failed": {
      const said = readable(ran.error, spellings);
      const end = ran.code === undefined ? `was ended by ${ran.signal ?? "a signal"}` : `ended with ${ran.code}`;
      return said === "" ? `${end} and said nothing` : `${end}: ${said}`;
    }
  }
}

/** The files that layers were written to, by what they are. */
function layerNames({ root }: RenderRequest, values: string): Spelling[] {
  return (root.helm?.layers ?? []).flatMap((layer, index): Spelling[] => {
    const shown = layer.is === "file" ? layer.path : `${layer.file}:${layer.said.position.line}`;
    return layer.is === "parameter" ? [] : [[join(values, `values-${index}.yaml`), shown]];
  });
}
