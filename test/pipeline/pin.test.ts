/** What a pin changes, what it leaves alone, and what stops it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Digest } from "../../src/model/reference.ts";
import { type Files, digestOf, known, pinned, stub, unknown } from "./memory.ts";

const pod = (...images: readonly string[]): string =>
  `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n${images.map((image, i) => `    - name: c${i}\n      image: ${image}\n`).join("")}`;
const at = (reference: string): Digest => digestOf(reference);
const NGINX = `nginx:1.27@${at("docker.io/library/nginx:1.27")}`;

describe("a pin", () => {
  test("writes the digest behind the tag, and reports on what is there afterwards", async () => {
    const files: Files = { "a.yaml": pod("nginx:1.27 # web") };
    const { report, pinned: count, files: changed } = await pinned(files);
    assert.equal(files["a.yaml"], pod(`${NGINX} # web`));
    assert.deepEqual([count, changed], [1, 1]);
    assert.deepEqual([report.summary.states.pinned, report.summary.states.floating, report.findings.length], [1, 0, 0]);
  });

  test("of the short, the long and the mirrored name asks for one and keeps each spelling", async () => {
    const files: Files = { "a.yaml": pod("nginx:1.27", "docker.io/nginx:1.27", "docker.io/library/nginx:1.27", "index.docker.io/library/nginx:1.27") };
    const { gather, asked } = stub();
    await pinned(files, { gather });
    const digest = at("docker.io/library/nginx:1.27");
    assert.equal(files["a.yaml"], pod(...["nginx", "docker.io/nginx", "docker.io/library/nginx", "index.docker.io/library/nginx"].map((name) => `${name}:1.27@${digest}`)));
    assert.deepEqual(asked, ["HEAD docker.io/library/nginx:1.27"]);
  });

  test("without a tag pins what latest names, and adds no tag", async () => {
    const files: Files = { "a.yaml": pod("nginx") };
    const { gather, asked } = stub();
    await pinned(files, { gather });
    assert.equal(files["a.yaml"], pod(`nginx@${at("docker.io/library/nginx:latest")}`));
    assert.deepEqual(asked, ["HEAD docker.io/library/nginx:latest"]);
  });

  test("asks nothing about what is pinned, templated, ignored, owned or waived", async () => {
    const files: Files = { "a.yaml": pod(NGINX, '"{{ x }}"', "ko://x", "Nginx", "a:1 # lading: ignore[pin-by-digest] why", 'b:1 # {"$imagepolicy": "a:b"}', "c:1") };
    const { gather, asked } = stub();
    const before = files["a.yaml"];
    await pinned(files, { gather, policy: { waivers: [{ rule: "pin-by-digest", image: "c:*", reason: "why", until: "2026-12-31", line: 1 }] } });
    assert.deepEqual(asked, []);
    assert.equal(files["a.yaml"], before);
  });

  test("writes owned fields when they are adopted", async () => {
    const files: Files = { "a.yaml": pod('nginx:1.27 # {"$imagepolicy": "a:b"}') };
    await pinned(files, { adopt: true });
    assert.equal(files["a.yaml"], pod(`${NGINX} # {"$imagepolicy": "a:b"}`));
  });

  test("pins whatever the severity, and what a baseline accepted", async () => {
    for (const severity of ["info", "off"] as const) {
      const files: Files = { "a.yaml": pod("nginx:1.27") };
      await pinned(files, { policy: { rules: { "pin-by-digest": severity } } });
      assert.equal(files["a.yaml"], pod(NGINX), severity);
    }
  });

  test("leaves images alone that the policy does not want pinned", async () => {
    const files: Files = { "a.yaml": pod("nginx:1.27", "ghcr.io/acme/dev-web:1") };
    await pinned(files, { policy: { images: [{ match: "ghcr.io/acme/dev-*", pin: false }] } });
    assert.equal(files["a.yaml"], pod(NGINX, "ghcr.io/acme/dev-web:1"));
  });

  test("leaves alone what a registry does not know or does not say, and pins the rest", async () => {
    const files: Files = { "a.yaml": pod("gone:1", "down:1", "nginx:1.27") };
    const { gather } = stub(({ repository }) => (repository === "library/gone" ? { is: "absent" } : repository === "library/down" ? unknown("unreachable") : undefined));
    const { report } = await pinned(files, { gather });
    assert.equal(files["a.yaml"], pod("gone:1", "down:1", NGINX));
    assert.deepEqual(report.findings.map(({ rule, image }) => `${rule} ${image}`), ["pin-by-digest gone:1", "pin-by-digest down:1", "registry-answers down:1"]);
  });

  test("takes the hash of a body when it is to verify", async () => {
    const { gather, asked } = stub(({ body }) => known(at(body ? "body" : "head")));
    const files: Files = { "a.yaml": pod("nginx:1.27") };
    await pinned(files, { gather, verify: true });
    assert.deepEqual(asked, ["GET docker.io/library/nginx:1.27"]);
    assert.equal(files["a.yaml"], pod(`nginx:1.27@${at("body")}`));
  });

  test("with unsafe fixes writes tags too, else not", async () => {
    const values = "image:\n  repository: nginx\n  tag: \"1.27\"\n";
    const files: Files = { "values.yaml": values };
    await pinned(files);
    assert.equal(files["values.yaml"], values);
    await pinned(files, { unsafe: true });
    assert.equal(files["values.yaml"], values.replace("1.27", `1.27@${at("docker.io/library/nginx:1.27")}`));
  });

  test("shown or declined changes are not written, and counted", async () => {
    for (const outcome of ["shown", "declined"] as const) {
      const files: Files = { "a.yaml": pod("nginx:1.27", "redis:7"), "b.yaml": pod("nginx:1.27") };
      const seen: string[] = [];
      const result = await pinned(files, { write: async ({ source }) => { seen.push(source.path); return outcome; } });
      assert.deepEqual(seen, ["a.yaml", "b.yaml"]);
      assert.deepEqual([result.pinned, result.files], [0, 0]);
      assert.deepEqual(outcome === "shown" ? result.pending : result.declined, 3);
      assert.equal(result.report.findings.length, outcome === "shown" ? 0 : 3);
      assert.equal(result.report.summary.states.floating, 3);
    }
  });
});

describe("line ends", () => {
  test("of a CRLF file are CRLF in what is put in, at the end of the file too", async () => {
    const text = "images:\r\n- name: a\r\n  newTag: v1";
    const files: Files = { "kustomization.yaml": text };
    await pinned(files);
    assert.equal(files["kustomization.yaml"], `${text}\r\n  digest: ${at("docker.io/library/a:v1")}`);
  });
});

describe("a file that cannot be changed safely", () => {
  test("is left alone when it changed while it was looked at, and named", async () => {
    const files: Files = { "a.yaml": pod("nginx:1.27") };
    const later = pod("redis:7", "redis:7", "redis:7");
    const { gather } = stub((question) => { files["a.yaml"] = later; return known(at(question.repository)); });
    const { refused } = await pinned(files, { gather });
    assert.equal(files["a.yaml"], later);
    assert.deepEqual(refused.map(({ file }) => file), ["a.yaml"]);
  });

  test("is not brought back when it is gone", async () => {
    const files: Files = { "a.yaml": pod("nginx:1.27") };
    const { gather } = stub((question) => { delete files["a.yaml"]; return known(at(question.repository)); });
    const { refused } = await pinned(files, { gather });
    assert.deepEqual(Object.keys(files), []);
    assert.equal(refused.length, 1);
  });

  test("an answer that is no digest is never written", async () => {
    const files: Files = { "a.yaml": pod("nginx:1.27") };
    const { gather } = stub(() => known("sha256:abc\n      evil: true" as Digest));
    const { refused } = await pinned(files, { gather });
    assert.equal(files["a.yaml"], pod("nginx:1.27"));
    assert.equal(refused.length, 1);
  });
});

describe("images that share a part", () => {
  const free = "free:\n  image: {repository: ghcr.io/acme/free, tag: v1, digest: \"\"}\n";
  const freePinned = free.replace('""', `"${at("ghcr.io/acme/free:v1")}"`);

  test("a digest that another image inherits is left alone, and the rest of the file is pinned", async () => {
    const shared = 'defaults: &image\n  repository: ghcr.io/acme/web\n  tag: v1\n  digest: ""\nworker:\n  image:\n    <<: *image\n    repository: ghcr.io/acme/worker\n';
    const files: Files = { "values.yaml": shared + free };
    const { refused } = await pinned(files);
    assert.deepEqual(refused, []);
    assert.equal(files["values.yaml"], shared + freePinned);
  });

  test("a tag that two images share takes no digest, and the rest of the file is pinned", async () => {
    const shared = "version: &version v1\na:\n  image: {repository: ghcr.io/acme/a, tag: *version}\nb:\n  image: {repository: ghcr.io/acme/b, tag: *version}\n";
    const files: Files = { "values.yaml": shared + free };
    const { refused } = await pinned(files, { unsafe: true });
    assert.deepEqual(refused, []);
    assert.equal(files["values.yaml"], shared + freePinned);
  });

  test("are each counted, although one of them stands elsewhere", async () => {
    const read = async (name: string, text: string): Promise<(string | undefined)[]> => (await pinned({ [name]: text }, { write: async () => "shown" })).report.references.map(({ reference }) => reference);
    assert.deepEqual(await read("kustomization.yaml", "images:\n- name: a\n  newTag: &tag v1\n- name: b\n  newTag: *tag\n"), ["a:v1", "b:v1"]);
    assert.deepEqual(await read("kustomization.yaml", "x: &tag v1\nimages:\n- name: a\n  newTag: *tag\n- name: b\n  newTag: *tag\n"), ["a:v1", "b:v1"]);
    assert.deepEqual(await read("values.yaml", "a:\n  image: {repository: &r acme/web, tag: v1}\nb:\n  image: {repository: *r, tag: v2}\n"), ["acme/web:v1", "acme/web:v2"]);
  });

  test("a tag that two entries share is pinned in neither or both, and never breaks the file", async () => {
    const files: Files = { "kustomization.yaml": "images:\n- name: a\n  newTag: &tag v1\n- name: b\n  newTag: *tag\n- name: c\n  newTag: v2\n" };
    const { refused } = await pinned(files);
    assert.deepEqual(refused, []);
    assert.match(String(files["kustomization.yaml"]), new RegExp(`name: c\n  newTag: v2\n  digest: ${at("docker.io/library/c:v2")}\n$`));
  });

  test("one place that stands for many containers is written once", async () => {
    const text = `x: &c {name: a, image: "nginx:1.27"}\napiVersion: v1\nkind: Pod\nspec:\n  containers: [*c]\n  initContainers: [*c, {<<: *c, name: b}]\n`;
    const files: Files = { "a.yaml": text };
    const { pinned: count } = await pinned(files);
    assert.equal(files["a.yaml"], text.replace("nginx:1.27", NGINX));
    assert.equal(count, 1);
  });
});
