import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, link, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import picomatch from "picomatch";
import { sha256, writeAtomically } from "../../src/files/write.ts";
import { LadingError } from "../../src/model/errors.ts";

const bytes = (text: string): Buffer => Buffer.from(text);
const io = (error: unknown): boolean => error instanceof LadingError && error.kind === "io";

let folder = "";
let path = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lading-write-"));
  path = join(folder, "deploy.yaml");
});
after(() => rm(folder, { recursive: true }));

const only = async (): Promise<void> => assert.deepEqual((await readdir(folder)).filter((name) => name.endsWith(".tmp")), []);

test("replaces the content and keeps the mode", async () => {
  for (const mode of [0o644, 0o600, 0o755, 0o664, 0o2755]) {
    await rm(path, { force: true });
    await writeFile(path, "old");
    await chmod(path, mode);
    await writeAtomically(path, bytes("new"), bytes("old"));
    assert.equal(await readFile(path, "utf8"), "new");
    assert.equal((await stat(path)).mode & 0o7777, mode);
  }
  await only();
});

test("leaves a read-only file alone", async () => {
  await rm(path, { force: true });
  await writeFile(path, "old");
  await chmod(path, 0o444);
  await assert.rejects(writeAtomically(path, bytes("new"), bytes("old")), /read-only/);
  assert.equal(await readFile(path, "utf8"), "old");
  await rm(path, { force: true });
  await only();
});

test("takes a hash for what was there", async () => {
  await rm(path, { force: true });
  await writeFile(path, "old");
  await writeAtomically(path, bytes("new"), { sha256: sha256(bytes("old")) });
  assert.equal(await readFile(path, "utf8"), "new");
});

test("leaves a file alone that changed since it was read", async () => {
  await rm(path, { force: true });
  await writeFile(path, "someone else's");
  for (const was of [bytes("old"), { sha256: sha256(bytes("old")) }, "absent"] as const) await assert.rejects(writeAtomically(path, bytes("new"), was), io);
  assert.equal(await readFile(path, "utf8"), "someone else's");
  await rm(path);
  await assert.rejects(writeAtomically(path, bytes("new"), bytes("old")), io);
  await assert.rejects(stat(path));
  await only();
});

test("makes a new file, with the mode that any new file gets", async () => {
  const fresh = join(folder, "baseline.json");
  await writeAtomically(fresh, bytes("{}"), "absent");
  assert.equal(await readFile(fresh, "utf8"), "{}");
  assert.equal((await stat(fresh)).mode & 0o777, 0o666 & ~process.umask());
  assert.equal((await stat(fresh)).nlink, 1);
  await only();
});

test("refuses links and folders", async () => {
  await writeFile(join(folder, "target.yaml"), "old");
  await symlink("target.yaml", join(folder, "link.yaml"));
  await symlink("nowhere.yaml", join(folder, "dangling.yaml"));
  await mkdir(join(folder, "folder.yaml"));
  await assert.rejects(writeAtomically(join(folder, "link.yaml"), bytes("new"), bytes("old")), io);
  await assert.rejects(writeAtomically(join(folder, "dangling.yaml"), bytes("new"), "absent"), io);
  await assert.rejects(writeAtomically(join(folder, "folder.yaml"), bytes("new"), bytes("")), io);
  assert.ok((await lstat(join(folder, "link.yaml"))).isSymbolicLink());
  assert.equal(await readFile(join(folder, "target.yaml"), "utf8"), "old");
  await only();
});

test("another name of the same file keeps the old content", async () => {
  await rm(path, { force: true });
  await writeFile(path, "old");
  await link(path, join(folder, "copy.txt"));
  await writeAtomically(path, bytes("new"), bytes("old"));
  assert.equal(await readFile(join(folder, "copy.txt"), "utf8"), "old");
});

test("a folder that is not there is an error that names the file", async () => {
  await assert.rejects(writeAtomically(join(folder, "none", "x.yaml"), bytes("new"), "absent"), (error) => io(error) && String(error).includes("x.yaml"));
});

/** Rewrites the file without pause. The first line is the hash of the rest, so a torn file betrays itself. */
const WRITER = `
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeAtomically } from "./write.mjs";
const path = process.argv[2];
for (let round = 0; ; round++) {
  const body = (round % 10 + "x").repeat(100_000);
  const text = createHash("sha256").update(body).digest("hex") + "\\n" + body;
  await writeAtomically(path, Buffer.from(text), readFileSync(path));
  if (round === 0) process.stdout.write("ready");
}`;

const isWhole = (text: string): boolean => {
  const [hash, body = ""] = text.split("\n");
  return body.length === 200_000 && sha256(bytes(body)) === hash;
};

test("killed at any moment, the file is whole, and what is left over is no manifest", async () => {
  await build({
    entryPoints: [fileURLToPath(new URL("../../src/files/write.ts", import.meta.url))],
    outfile: join(folder, "write.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
  await writeFile(join(folder, "writer.mjs"), WRITER);
  const scene = join(folder, "scene");
  await mkdir(scene);
  const target = join(scene, "app.yaml");
  const old = "x".repeat(200_000);
  await writeFile(target, `${sha256(bytes(old))}\n${old}`);
  for (let round = 0; round < 40; round++) {
    const child = spawn(process.execPath, [join(folder, "writer.mjs"), target], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    await sleep(Math.random() * 12);
    child.kill("SIGKILL");
    assert.deepEqual(await ended, [null, "SIGKILL"]);
    assert.ok(isWhole(await readFile(target, "utf8")), `torn after round ${round}`);
  }
  const left = (await readdir(scene)).filter((name) => name !== "app.yaml");
  const isManifest = picomatch(["**/*.yaml", "**/*.yml", "**/*.json"], { dot: true });
  for (const name of left) {
    assert.match(name, /^\.lading-[0-9a-f]{24}\.tmp$/);
    assert.equal(isManifest(name), false);
  }
  assert.ok(left.length > 0, "no round was killed in the middle of a write, so nothing was tested");
});
