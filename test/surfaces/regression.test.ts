/** Readings that were wrong once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Finding } from "../../src/model/finding.ts";
import type { Report } from "../../src/model/report.ts";
import { locateFile } from "../../src/surfaces/locate.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import { checked, digestOf, type Files, pinned } from "../pipeline/memory.ts";
import { describeSite, type ExpectedSite } from "./fixture.ts";

const pod = (...images: readonly string[]): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n${images.map((image, i) => `    - name: c${i}\n      image: ${image}\n`).join("")}`;

async function sites(path: string, text: string): Promise<ExpectedSite[]> {
  return (await locateFile({ path, text, encoding: "utf-8" }, roleOf(path, new Set(), false))).sites.map(describeSite);
}

const reads = async (path: string, text: string): Promise<string[]> => (await sites(path, text)).map((site) => site.reads);

const said = ({ findings }: Report): string[] => findings.map(({ rule, ignored }: Finding) => (ignored ? `(${rule})` : rule));

const NGINX = digestOf("docker.io/library/nginx:1.27");
const WEB = digestOf("ghcr.io/acme/web:1");

describe("a stream that is not cut", () => {
  const DEFINITION = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: images.example.com\nspec:\n  image: schema\n";
  for (const [name, text] of [
    ["by a directive", `%YAML 1.2\n---\n${DEFINITION}...\n---\n${pod("nginx:1.27")}`],
    ["by a document end", `${DEFINITION}...\n---\n${pod("nginx:1.27")}`],
    ["by a document end that comes last", `${DEFINITION}---\n${pod("nginx:1.27")}...\n`],
  ] as const) {
    test(`${name} is read behind the definition that it begins with`, async () => {
      assert.deepEqual(await reads("a.yaml", text), ["nginx:1.27"]);
    });
  }
});

describe("anchors that two references share", () => {
  test("a tag of two kustomize entries makes two references", async () => {
    const text = "images:\n- name: nginx\n  newTag: &t v1\n- name: redis\n  newTag: *t\n";
    assert.deepEqual(await reads("kustomization.yaml", text), ["nginx:v1", "redis:v1"]);
    assert.equal((await checked({ "kustomization.yaml": text })).summary.references, 2);
  });

  test("a repository of two maps with two tags makes two references", async () => {
    const text = "a:\n  image:\n    repository: &r ghcr.io/acme/web\n    tag: v1\nb:\n  image:\n    repository: *r\n    tag: v2\n";
    assert.deepEqual(await reads("values.yaml", text), ["ghcr.io/acme/web:v1", "ghcr.io/acme/web:v2"]);
  });

  test("a whole reference stays one", async () => {
    assert.deepEqual(await reads("a.yaml", pod("&i nginx:1.27", "*i")), ["nginx:1.27"]);
  });

  const environment = (text: string): string => `${text}      env:\n        - name: IMAGE\n          value: *i\n`;

  test("text that is repeated where no image stands is pinned only on demand", async () => {
    const before = environment(pod("&i nginx:1.27"));
    assert.deepEqual((await sites("a.yaml", before)).map(({ unsafe }) => unsafe), [true]);
    const files: Files = { "a.yaml": before };
    assert.equal((await pinned(files)).pinned, 0);
    assert.equal(files["a.yaml"], before);
    await pinned(files, { unsafe: true });
    assert.equal(files["a.yaml"], before.replace("nginx:1.27", `nginx:1.27@${NGINX}`));
  });

  test("text that only images repeat is pinned", async () => {
    const files: Files = { "a.yaml": pod("&i nginx:1.27", "*i") };
    const { refused } = await pinned(files);
    assert.deepEqual(refused, []);
    assert.equal(files["a.yaml"], pod(`&i nginx:1.27@${NGINX}`, "*i"));
  });

  test("the other order, an image that repeats another text, is no safer", async () => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    image: &i nginx:1.27\nspec:\n  containers:\n    - name: c\n      image: *i\n`;
    assert.deepEqual((await sites("a.yaml", text)).map(({ unsafe }) => unsafe), [true]);
  });
});

describe("values", () => {
  test("with a kind of their own are values", async () => {
    assert.deepEqual(await reads("values.yaml", "kind: DaemonSet\nimage:\n  repository: ghcr.io/acme/web\n  tag: \"1\"\n"), ["ghcr.io/acme/web:1"]);
  });

  test("that do not use their digest are not pinned, and count as what their tag says", async () => {
    const text = `image:\n  repository: ghcr.io/acme/web\n  tag: "1"\n  digest: ${WEB}\n  useDigest: false\n`;
    const [site, ...others] = await sites("values.yaml", text);
    assert.deepEqual(others, []);
    assert.deepEqual([site!.reads, site!.slots, site!.unpinnable], ["ghcr.io/acme/web:1", [], true]);
    const empty = text.replace(WEB, '""');
    const files: Files = { "values.yaml": empty };
    assert.equal((await pinned(files, { unsafe: true })).pinned, 0);
    assert.equal(files["values.yaml"], empty);
    assert.deepEqual(said(await checked({ "values.yaml": text })), ["pin-by-digest"]);
  });

  test("that use their digest are pinned there", async () => {
    const files: Files = { "values.yaml": 'image:\n  repository: ghcr.io/acme/web\n  tag: "1"\n  digest: ""\n  useDigest: true\n' };
    await pinned(files);
    assert.match(String(files["values.yaml"]), new RegExp(`digest: ['"]?${WEB}`));
  });

  test("whose override is filled run the override", async () => {
    const text = (override: string): string => `image:\n  override: ${override}\n  repository: ghcr.io/acme/web\n  tag: "1"\n`;
    assert.deepEqual(await reads("values.yaml", text("quay.io/acme/other:2")), ["quay.io/acme/other:2"]);
    for (const none of ["~", '""', "null", ""]) assert.deepEqual(await reads("values.yaml", text(none)), ["ghcr.io/acme/web:1"], none);
  });

  test("with an empty sha are pinned only on demand", async () => {
    const before = 'image:\n  repository: ghcr.io/acme/web\n  tag: "1"\n  sha: ""\n';
    const files: Files = { "values.yaml": before };
    assert.equal((await pinned(files)).pinned, 0);
    assert.equal(files["values.yaml"], before);
    assert.equal((await pinned(files, { unsafe: true })).pinned, 1);
    assert.equal(files["values.yaml"], before.replace('""', `"${WEB.replace("sha256:", "")}"`));
  });

  test("that are JSON stay JSON", async () => {
    const before = '{\n  "image": {"repository": "ghcr.io/acme/web", "tag": "1", "digest": null}\n}\n';
    const files: Files = { "values.json": before };
    const { refused, pinned: count } = await pinned(files);
    assert.deepEqual([refused, count], [[], 1]);
    assert.deepEqual(JSON.parse(String(files["values.json"])), { image: { repository: "ghcr.io/acme/web", tag: "1", digest: WEB } });
  });

  test("in YAML with a null digest keep their style", async () => {
    for (const none of ["null", "~", ""]) {
      const files: Files = { "values.yaml": `image:\n  repository: ghcr.io/acme/web\n  tag: "1"\n  digest: ${none}`.trimEnd() + "\n" };
      assert.equal((await pinned(files)).pinned, 1, none);
      assert.deepEqual(await reads("values.yaml", String(files["values.yaml"])), [`ghcr.io/acme/web:1@${WEB}`], none);
    }
  });
});

describe("a mistake in a manifest is no template", () => {
  const broken = (rest: string): string => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n${rest}spec:\n  containers:\n    - name: c\n      image: [nginx:1.27\n`;
  for (const [name, rest] of [
    ["in an annotation", '  annotations:\n    note: "{{ x }}"\n    a: b\n    c: d\n'],
    ["in a comment", "  # {{ x }}\n  labels: {a: b}\n  namespace: x\n"],
    ["nowhere", ""],
  ] as const) {
    test(`braces ${name}`, async () => {
      const { findings, summary } = await checked({ "a.yaml": broken(rest) });
      assert.deepEqual(findings.map(({ rule, severity }) => `${rule} ${severity}`), ["readable-document error"]);
      assert.deepEqual([summary.unreadable, summary.templates], [1, 0]);
    });
  }

  test("braces in the comment right at the mistake", async () => {
    assert.deepEqual(said(await checked({ "a.yaml": `${pod("nginx:1.27")}      a: [b # {{ x }}\n` })), ["readable-document"]);
  });

  test("a template still is one", async () => {
    const { summary } = await checked({ "a.yaml": `${pod("nginx:1.27")}{{- if .x }}\n      tty: true\n{{- end }}\n` });
    assert.deepEqual([summary.templates, summary.unreadable], [1, 0]);
  });
});

describe("a suppression", () => {
  const MARK = "# lading: ignore[pin-by-digest] built on the node";

  test("behind a map's first line is about that line alone", async () => {
    const text = pod("nginx:1.27", "redis:7").replace("    - name: c0\n", `    - name: c0 ${MARK}\n`);
    // An item of a list is named by its first line; the document is not.
    assert.deepEqual(said(await checked({ "a.yaml": text })), ["(pin-by-digest)", "pin-by-digest"]);
    const first = pod("nginx:1.27").replace("apiVersion: v1\n", `apiVersion: v1 ${MARK}\n`);
    assert.deepEqual(said(await checked({ "a.yaml": first })).sort(), ["pin-by-digest", "used-suppression"]);
    const spec = `image: ghcr.io/acme/a:1 ${MARK}\nsidecar:\n  image: ghcr.io/acme/b:1\n`;
    assert.deepEqual(said(await checked({ "values.yaml": spec })), ["(pin-by-digest)", "pin-by-digest"]);
  });

  test("behind a list's key is about the list", async () => {
    const text = pod("nginx:1.27", "redis:7").replace("  containers:\n", `  containers: ${MARK}\n`).replace("spec:\n", "spec:\n  initContainers:\n    - name: i\n      image: init:1\n");
    assert.deepEqual(said(await checked({ "a.yaml": text })), ["pin-by-digest", "(pin-by-digest)", "(pin-by-digest)"]);
  });

  test("above the first line is about the document, and not about the next one", async () => {
    const text = `${MARK}\n${pod("nginx:1.27", "redis:7")}---\n${pod("web:1")}`;
    assert.deepEqual(said(await checked({ "a.yaml": text })), ["(pin-by-digest)", "(pin-by-digest)", "pin-by-digest"]);
  });
});

describe("a kustomize entry that changes the name alone", () => {
  const entry = (more: string): string => `images:\n- name: ghcr.io/acme/web\n  newName: ghcr.io/mirror/web\n${more}`;

  test("keeps a digest from going along to the other name", async () => {
    const before = pod("ghcr.io/acme/web:1", "nginx:1.27");
    const files: Files = { "base/a.yaml": before, "overlay/kustomization.yaml": entry("") };
    assert.equal((await pinned(files)).pinned, 1);
    assert.equal(files["base/a.yaml"], before.replace("nginx:1.27", `nginx:1.27@${NGINX}`));
    const report = await checked({ "base/a.yaml": before, "overlay/kustomization.yaml": entry("") });
    assert.equal(report.summary.fixable, 1);
    assert.equal((await pinned(files, { unsafe: true })).pinned, 1);
  });

  test("does not, where it has a tag of its own", async () => {
    const files: Files = { "base/a.yaml": pod("ghcr.io/acme/web:1"), "overlay/kustomization.yaml": entry('  newTag: "2"\n') };
    assert.equal((await pinned(files)).pinned, 2);
  });
});

describe("pins that are only shown", () => {
  test("call no suppression unused that a check does not", async () => {
    const text = pod("nginx:1.27", "redis # lading: ignore[name-a-tag] the newest").concat("# lading: ignore[pin-by-digest] nothing here\n");
    const files: Files = { "a.yaml": text };
    const shown = await pinned(files, { write: async () => "shown" });
    assert.equal(files["a.yaml"], text);
    const unused = ({ findings }: Report): string[] => findings.filter(({ rule }) => rule === "used-suppression").map(({ start }) => `${start.line}:${start.column}`);
    assert.deepEqual(unused(shown.report), unused(await checked(files)));
  });

  test("nor one for a rule that the pin would set right", async () => {
    const text = pod("nginx:1.27", "redis:7 # lading: ignore[pin-by-digest] built on the node");
    const { report } = await pinned({ "a.yaml": text }, { write: async () => "shown" });
    assert.deepEqual(said(report), ["(pin-by-digest)"]);
  });
});

describe("what could not be read", () => {
  const text = `${pod(`nginx:1.27@${NGINX}`)}---\nimage: [\n`;

  test("is no finding where its rule is off, and is counted still", async () => {
    const report = await checked({ "a.yaml": text }, { policy: { rules: { "readable-document": "off" } } });
    assert.deepEqual(said(report), []);
    assert.equal(report.summary.unreadable, 1);
  });

  test("is waived by its path", async () => {
    const waiver = { rule: "readable-document", reason: "generated", until: "2026-12-31", line: 1 };
    assert.deepEqual(said(await checked({ "gen/a.yaml": text }, { policy: { waivers: [{ ...waiver, path: "gen/**" }] } })), ["(readable-document)"]);
    assert.deepEqual(said(await checked({ "gen/a.yaml": text }, { policy: { waivers: [{ ...waiver, path: "other/**" }] } })).sort(), ["readable-document", "used-suppression"]);
  });
});

describe("what a million damaged manifests brought to light", () => {
  test("a kind is known wherever a window onto the text around it ends", async () => {
    for (let width = 60; width < 200; width++) {
      const text = `apiVersion: scylla.scylladb.com/v1\nspec:\n  repository: scylladb/scylla\n  version: 6.0.1\n  note: ${"x".repeat(width)}\nkind: ScyllaCluster\n`;
      assert.deepEqual(await reads("scylla.yaml", text), ["scylladb/scylla:6.0.1"], String(width));
    }
  });

  test("a pin that moves a kind to the end of that window is made", async () => {
    const files: Files = { "scylla.yaml": "apiVersion: scylla.scylladb.com/v1\nspec:\n  repository: scylladb/scylla\n  version: 6.0.1\nkind: ScyllaCluster\n" };
    const { refused, pinned: count } = await pinned(files, { unsafe: true });
    assert.deepEqual([refused, count], [[], 1]);
  });

  test("a header that no line break ends is not looked for forever in a text that begins with one", async () => {
    await reads("values.yaml", "\n&text |\r,\n    kind: Kustomization\r\n    images:\r\n    - name: a\r\n      newTag: v1\r\n");
  });

  test("a document of comments alone in front of a kustomization does not keep it from being pinned", async () => {
    const before = "---\n# yaml-language-server: $schema=x\n---\nkind: Kustomization\nimages:\n- name: nginx\n  newTag: \"1.27\"\n";
    const files: Files = { "kustomization.yaml": before };
    const { refused, pinned: count } = await pinned(files);
    assert.deepEqual([refused, count], [[], 1]);
    assert.equal(files["kustomization.yaml"], `${before}  digest: ${NGINX}\n`);
  });
});
