/** What is remembered between runs: a warm run says what a cold one says, whatever Git and the disk look like. */
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { pack, type Packed, unpack } from "../../src/pipeline/packed.ts";
import { openMemory } from "../../src/files/memory.ts";
import { locateFile } from "../../src/surfaces/locate.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import { lading, pod, tree } from "../cli/lading.ts";
import { cases, source } from "../surfaces/fixture.ts";
import { skip } from "../cli/git.ts";
import { commit, git, put, repository } from "./repository.ts";

interface Told {
  readonly code: number | null;
  readonly report: { references: { file: string; reference?: string; surface: string }[]; findings: { file: string }[]; summary: { files: number } };
}

async function report(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Told> {
  const { code, stdout, stderr } = await lading(["check", "--format", "json", ...args], { cwd, env });
  assert.equal(stderr, "");
  const { started: _started, seconds: _seconds, ...rest } = JSON.parse(stdout);
  return { code, report: rest };
}

const located = (cache: string): string[] => {
  const folder = join(cache, "lading");
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("located-")).map((name) => join(folder, name)) : [];
};

/** A run with what the one before learned, held against one that learned nothing. */
async function warmAsCold(cwd: string, env: Readonly<Record<string, string>>): Promise<Told> {
  const warm = await report(cwd, [], env);
  const again = await report(cwd, [], env);
  const cold = await report(cwd, ["--no-cache"], env);
  assert.deepEqual(warm, cold);
  assert.deepEqual(again, cold);
  return cold;
}

const files = ({ report: { references } }: Told): string[] => references.map(({ file, reference }) => `${file} ${reference}`);

const KUSTOMIZATION = "images:\n- name: nginx\n  newTag: \"1.27\"\n";

describe("a warm run", { concurrency: 4, skip }, () => {
  const cache = (t: TestContext): Record<string, string> => ({ XDG_CACHE_HOME: tree(t, {}) });

  test("writes a memory, and does without one under --no-cache", async (t) => {
    const cwd = repository(t, { "a.yaml": pod("nginx:1.27") });
    const env = cache(t);
    await report(cwd, ["--no-cache"], env);
    assert.deepEqual(located(env["XDG_CACHE_HOME"]!), []);
    await report(cwd, [], env);
    const [memory] = located(env["XDG_CACHE_HOME"]!);
    assert.match(readFileSync(memory!, "utf8"), /nginx/);
  });

  test("knows one content under a name that kustomize looks for and under another", async (t) => {
    for (const order of [["copy.yaml", "kustomization.yaml"], ["z.yaml", "kustomization.yaml"]]) {
      const cwd = repository(t, Object.fromEntries(order.map((name) => [name, KUSTOMIZATION])));
      assert.deepEqual(files(await warmAsCold(cwd, cache(t))), ["kustomization.yaml nginx:1.27"]);
    }
  });

  test("knows one content as values, as a template and as a manifest", async (t) => {
    const text = "web:\n  image: ghcr.io/acme/web:1\n";
    const cwd = repository(t, { "plain.yaml": text, "values.yaml": text, "chart/Chart.yaml": "name: c\n", "chart/templates/a.yaml": text, "chart/other.yaml": text });
    const { report: { references } } = await warmAsCold(cwd, cache(t));
    assert.deepEqual(references.map(({ file, surface }) => `${file} ${surface}`), ["chart/other.yaml helm-values", "chart/templates/a.yaml guesses", "plain.yaml guesses", "values.yaml helm-values"]);
  });

  test("knows one content as a pipeline and as something else", async (t) => {
    const text = "build:\n  services:\n  - redis\n";
    const cwd = repository(t, { ".gitlab-ci.yml": text, "plain.yaml": text });
    assert.deepEqual(files(await warmAsCold(cwd, cache(t))), [".gitlab-ci.yml redis"]);
  });

  test("sees a file that got a name that kustomize looks for", async (t) => {
    const cwd = repository(t, { "copy.yaml": KUSTOMIZATION });
    const env = cache(t);
    assert.deepEqual(files(await warmAsCold(cwd, env)), []);
    git(cwd, "mv", "copy.yaml", "kustomization.yaml");
    assert.deepEqual(files(await warmAsCold(cwd, env)), ["kustomization.yaml nginx:1.27"]);
    commit(cwd);
    assert.deepEqual(files(await warmAsCold(cwd, env)), ["kustomization.yaml nginx:1.27"]);
    git(cwd, "mv", "kustomization.yaml", "other.yaml");
    assert.deepEqual(files(await warmAsCold(cwd, env)), []);
  });

  test("finds the values that each of two equal kustomizations names from where it stands", async (t) => {
    const text = "kind: Kustomization\nhelmCharts:\n- name: web\n  valuesFile: prod.yaml\n";
    const values = (name: string): string => `web:\n  image: ghcr.io/acme/${name}:1\n`;
    const cwd = repository(t, { "a/kustomization.yaml": text, "a/prod.yaml": values("a"), "b/kustomization.yaml": text, "b/prod.yaml": values("b") });
    assert.deepEqual(files(await warmAsCold(cwd, cache(t))), ["a/prod.yaml ghcr.io/acme/a:1", "b/prod.yaml ghcr.io/acme/b:1"]);
  });

  test("knows which of two equal manifests a suppression and a rename are about", async (t) => {
    const text = pod("nginx:1.27 # lading: ignore[pin-by-digest] built on the node");
    const cwd = repository(t, { "a.yaml": text, "b.yaml": text, "c.yaml": pod("web:1"), "o/kustomization.yaml": "images:\n- name: web\n  newName: ghcr.io/acme/web\n" });
    const { report: { references } } = await warmAsCold(cwd, cache(t));
    assert.match(JSON.stringify(references.find(({ file }) => file === "c.yaml")), /Kustomize/);
  });

  test("sees what Git says has changed: content, new files, files that are gone", async (t) => {
    const cwd = repository(t, { "a.yaml": pod("a:1"), "b.yaml": pod("b:1"), "c.yaml": pod("c:1") });
    const env = cache(t);
    await warmAsCold(cwd, env);
    put(cwd, { "a.yaml": pod("a:2"), "new.yaml": pod("new:1") });
    rmSync(join(cwd, "b.yaml"));
    assert.deepEqual(files(await warmAsCold(cwd, env)), ["a.yaml a:2", "c.yaml c:1", "new.yaml new:1"]);
    git(cwd, "add", "-A");
    assert.deepEqual(files(await warmAsCold(cwd, env)), ["a.yaml a:2", "c.yaml c:1", "new.yaml new:1"]);
    put(cwd, { "a.yaml": pod("a:3") });
    assert.deepEqual(files(await warmAsCold(cwd, env)), ["a.yaml a:3", "c.yaml c:1", "new.yaml new:1"]);
    git(cwd, "reset", "-q", "--hard");
    assert.deepEqual(files(await warmAsCold(cwd, env)), ["a.yaml a:1", "b.yaml b:1", "c.yaml c:1"]);
  });

  test("sees a change that keeps the size", async (t) => {
    const cwd = repository(t, { "a.yaml": pod("a:1") });
    const env = cache(t);
    for (const tag of [2, 3, 4]) {
      put(cwd, { "a.yaml": pod(`a:${tag}`) });
      assert.deepEqual(files(await warmAsCold(cwd, env)), [`a.yaml a:${tag}`]);
    }
  });

  test("does not trust ids that Git was told not to look behind", async (t) => {
    for (const flag of ["--assume-unchanged", "--skip-worktree"]) {
      const cwd = repository(t, { "a.yaml": pod("a:1") });
      const env = cache(t);
      await warmAsCold(cwd, env);
      git(cwd, "update-index", flag, "a.yaml");
      put(cwd, { "a.yaml": pod("a:2") });
      assert.deepEqual(files(await warmAsCold(cwd, env)), ["a.yaml a:2"], flag);
    }
  });

  for (const [name, place, attributes] of [
    ["a filter in .gitattributes", ".gitattributes", "*.yaml filter=swap\n"],
    ["a filter in a folder's .gitattributes", "apps/.gitattributes", "a.yaml filter=swap\n"],
    ["a filter in .git/info/attributes", ".git/info/attributes", "* filter=swap\n"],
  ] as const) {
    test(`reads what stands on disk under ${name}`, async (t) => {
      const cwd = repository(t, { "apps/x.yaml": pod("x:1") });
      // The same blob, and another text on disk.
      git(cwd, "config", "filter.swap.clean", "sed s/disk/blob/");
      git(cwd, "config", "filter.swap.smudge", "sed s/blob/disk/");
      mkdirSync(dirname(join(cwd, place)), { recursive: true });
      appendFileSync(join(cwd, place), attributes);
      put(cwd, { "apps/a.yaml": pod("disk:1") });
      commit(cwd);
      assert.match(git(cwd, "show", "HEAD:apps/a.yaml"), /blob:1/);
      const env = cache(t);
      assert.deepEqual(files(await warmAsCold(cwd, env)), ["apps/a.yaml disk:1", "apps/x.yaml x:1"]);
      // Git sees no change, as the filter makes the same blob of it.
      git(cwd, "config", "filter.swap.clean", "sed -e s/disk/blob/ -e s/dusk/blob/");
      put(cwd, { "apps/a.yaml": pod("dusk:1") });
      git(cwd, "add", "-A");
      assert.equal(git(cwd, "status", "--porcelain"), "");
      assert.deepEqual(files(await warmAsCold(cwd, env)), ["apps/a.yaml dusk:1", "apps/x.yaml x:1"]);
    });
  }

  test("says the same about links, which have ids as well", async (t) => {
    const outside = tree(t, { "real.yaml": pod("outside:1") });
    const cwd = repository(t, { "a.yaml": pod("a:1") });
    symlinkSync("a.yaml", join(cwd, "inside.yaml"));
    symlinkSync(join(outside, "real.yaml"), join(cwd, "outside.yaml"));
    symlinkSync("none.yaml", join(cwd, "dangling.yaml"));
    commit(cwd);
    const env = cache(t);
    const first = await warmAsCold(cwd, env);
    assert.deepEqual(files(first), ["a.yaml a:1"]);
    assert.deepEqual(first.report.findings.map(({ file }) => file), ["a.yaml", "dangling.yaml", "outside.yaml"]);
    // A file in the place of a link, and a link in the place of a file.
    rmSync(join(cwd, "dangling.yaml"));
    rmSync(join(cwd, "a.yaml"));
    put(cwd, { "dangling.yaml": pod("d:1") });
    symlinkSync("dangling.yaml", join(cwd, "a.yaml"));
    assert.deepEqual(files(await warmAsCold(cwd, env)), ["dangling.yaml d:1"]);
  });

  test("says the same about what could not be read", async (t) => {
    const cwd = repository(t, { "a.yaml": `${pod("a:1")}---\nimage: [\n`, "b.yaml": "image: \ufffd\n", "c/Chart.yaml": "name: c\n", "c/templates/a.yaml": "{{ if .x }}\nimage: x\n{{ end }}\n" });
    writeFileSync(join(cwd, "b.yaml"), Buffer.from("image: \xff\xfe\xfd\n", "latin1"));
    commit(cwd);
    const { code } = await warmAsCold(cwd, cache(t));
    assert.equal(code, 1);
  });

  test("of a folder in the repository, of a linked work tree and with carriage returns says the same", async (t) => {
    const cwd = repository(t, { ".gitattributes": "*.yaml text eol=crlf\n", "apps/a.yaml": pod("a:1").replaceAll("\n", "\r\n"), "b.yaml": pod("b:1") });
    const env = cache(t);
    assert.deepEqual(files(await warmAsCold(cwd, env)), ["apps/a.yaml a:1", "b.yaml b:1"]);
    assert.deepEqual(files(await warmAsCold(join(cwd, "apps"), env)), ["a.yaml a:1"]);
    const other = join(tree(t, {}), "linked");
    git(cwd, "worktree", "add", "-q", other, "-b", "other");
    assert.deepEqual(files(await warmAsCold(other, env)), ["apps/a.yaml a:1", "b.yaml b:1"]);
  });

  const entries = (good: string, change: (line: string) => string): string => good.split("\n").map((line, i, all) => (i < 2 || i === all.length - 1 ? line : change(line))).join("\n");
  const DAMAGE: Readonly<Record<string, (good: string) => string>> = {
    "is empty": () => "",
    "is half of it": (good) => good.slice(0, good.length >> 1),
    "lacks its end": (good) => good.replace(/\nend$/, ""),
    "is another version's": (good) => good.replace(/^lading \S+/, "lading 0.0.0-other").replaceAll("a:1", "evil:1"),
    "is binary": () => "\0\x01\x02",
    "holds JSON that is none": (good) => good.replaceAll("[", "{"),
    "holds entries of another shape": (good) => entries(good, (line) => `${line.split(" ")[0]} {"no":"list"}`),
    "holds references that are none": (good) => good.replaceAll("a:1", "A B:1"),
    "holds entries without a text": (good) => entries(good, (line) => line.split(" ")[0]!),
  };
  for (const [what, damage] of Object.entries(DAMAGE)) {
    test(`is a cold one where the memory ${what}`, async (t) => {
      const cwd = repository(t, { "a.yaml": pod("a:1", "a:2"), "b.yaml": pod("b:1"), "c.yaml": "a: b\n" });
      const env = cache(t);
      const cold = await report(cwd, ["--no-cache"], env);
      await report(cwd, [], env);
      const [memory] = located(env["XDG_CACHE_HOME"]!);
      const good = readFileSync(memory!, "utf8");
      assert.match(good, /\nend$/);
      writeFileSync(memory!, damage(good));
      assert.deepEqual(await report(cwd, [], env), cold);
      assert.deepEqual(await report(cwd, [], env), cold, "afterwards");
    });
  }

  test("does without a memory that cannot be written", async (t) => {
    const cwd = repository(t, { "a.yaml": pod("a:1") });
    const env = { XDG_CACHE_HOME: join(tree(t, { "file": "" }), "file") };
    assert.deepEqual(await report(cwd, [], env), await report(cwd, ["--no-cache"], env));
  });
});

describe("the memory file", () => {
  const role = { values: false, template: false, kustomization: false };
  const VERSION = "0.0.0-test";

  test("remembers what is trusted, by content and role, and nothing else", async (t) => {
    const path = join(tree(t, {}), "deep", "located.txt");
    const found = await locateFile({ path: "a.yaml", text: pod("nginx:1.27"), encoding: "utf-8" }, role);
    const first = openMemory(path, VERSION);
    first.trust(new Map([["a.yaml", "1".repeat(40)], ["e.yaml", "2".repeat(40)]]));
    for (const file of ["a.yaml", "untrusted.yaml"]) first.keep(file, role, found);
    first.keep("e.yaml", role, undefined);
    first.save();
    const second = openMemory(path, VERSION);
    assert.equal(second.recall("a.yaml", role), undefined, "nothing is trusted yet");
    second.trust(new Map([["b.yaml", "1".repeat(40)], ["f.yaml", "2".repeat(40)], ["g.yaml", "3".repeat(40)]]));
    assert.deepEqual(second.recall("b.yaml", role), { ...found, path: "b.yaml", sites: found.sites.map((site) => ({ ...site, file: "b.yaml" })) });
    assert.deepEqual(second.recall("f.yaml", role)?.sites, []);
    assert.equal(second.recall("g.yaml", role), undefined);
    for (const other of ["values", "template", "kustomization"]) assert.equal(second.recall("b.yaml", { ...role, [other]: true }), undefined, other);
    assert.equal(second.recall("untrusted.yaml", role), undefined);
  });

  test("holds for the fields of one policy", async (t) => {
    const path = join(tree(t, {}), "located.txt");
    const fields = [{ group: "acme.example", kind: "Widget", path: "spec.image", shape: "ref", pin: "append", origin: "policy" }] as const;
    const ids = new Map([["a.yaml", "1".repeat(40)]]);
    const first = openMemory(path, VERSION, fields);
    first.trust(ids);
    first.keep("a.yaml", role, undefined);
    first.save();
    for (const [other, remembered] of [[fields, true], [[], false], [[{ ...fields[0], path: "spec.other" }], false]] as const) {
      const memory = openMemory(path, VERSION, other);
      memory.trust(ids);
      assert.equal(memory.recall("a.yaml", role) !== undefined, remembered, JSON.stringify(other));
    }
  });
});

describe("packing a located file", () => {
  for (const one of cases()) {
    test(`${one.surface}/${one.name} comes back as it was`, async () => {
      const { file, charts, referenced } = one.expected;
      const found = await locateFile(source(one), roleOf(file, new Set(charts), referenced ?? false));
      assert.deepEqual(unpack(JSON.parse(JSON.stringify(pack(found))) as Packed, found.path), found);
    });
  }
});
