import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { openEvidenceArchive } from "../../src/files/evidence-archive.ts";
import type { Digest } from "../../src/model/reference.ts";
import { attach, bundle, collector, subjectOf } from "../registry/attach.ts";
import { registry } from "../registry/helpers.ts";
import { lading, pod, tree } from "./lading.ts";

test("export: every image of the folder, pinned or not, is asked about once", async (t) => {
  const demo = await registry(t);
  const web = demo.putImage("acme/web", "1.0") as Digest;
  const db = demo.putImage("acme/db", "5") as Digest;
  await attach(demo, "acme/web", bundle(web));
  const cwd = tree(t, { "a.yaml": pod(`${demo.host}/acme/web@${web}`, `${demo.host}/acme/db:5`), "b.yaml": pod(`${demo.host}/acme/db:5`, `${demo.host}/acme/web:1.0@${web}`) });
  const { code, stdout, stderr } = await lading(["evidence", "export", "--to", "e.tar"], { cwd });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, new RegExp(`^${demo.host}/acme/web@${web}  1 artifact$`, "m"));
  assert.match(stdout, new RegExp(`^${demo.host}/acme/db@${db}  nothing is attached`, "m"));
  assert.match(stdout, /^2 digests, 1 artifact with signatures or attestations, \d+ KiB in e\.tar$/m);
  assert.deepEqual(openEvidenceArchive(join(cwd, "e.tar")).record.subjects.map(({ digest, gaps }) => [digest, gaps]).sort(), [[db, []], [web, []]].sort());

  await demo.close();
  const listed = await lading(["evidence", "list", "e.tar"], { cwd });
  assert.equal(listed.code, 0);
  assert.match(listed.stdout, new RegExp(`acme/web@${web}  asked \\S+Z\n  sha256:[0-9a-f]{64}  application/vnd\\.dev\\.sigstore\\.bundle\\.v0\\.3\\+json  referrers\n`));
  assert.match(listed.stdout, /acme\/db@.*\n {2}nothing was attached that could prove something\n/);
});

test("export: images by name, without a repository of files", async (t) => {
  const demo = await registry(t);
  const web = demo.putImage("acme/web", "1.0") as Digest;
  const cwd = tree(t, {});
  const { code, stdout } = await lading(["evidence", "export", `${demo.host}/acme/web:1.0`, "--to", "folder"], { cwd });
  assert.equal(code, 0);
  assert.ok(stdout.includes(web) && existsSync(join(cwd, "folder/oci-layout")));
});

test("export: the index whose tag stands beside a pinned platform is asked about too, as its signature covers it", async (t) => {
  const demo = await registry(t);
  const index = demo.putImage("acme/web", "1.0", { platforms: ["linux/amd64", "linux/arm64"] }) as Digest;
  const child = (await (await fetch(`${demo.url}/v2/acme/web/manifests/1.0`)).json() as { manifests: { digest: Digest }[] }).manifests[0]!.digest;
  const other = demo.putImage("acme/web", "2.0", { platforms: ["linux/amd64"], seed: "2" }) as Digest;
  const cwd = tree(t, { "a.yaml": pod(`${demo.host}/acme/web:1.0@${child}`) });
  assert.equal((await lading(["evidence", "export", "--to", "e.tar"], { cwd })).code, 0);
  const digests = openEvidenceArchive(join(cwd, "e.tar")).record.subjects.map(({ digest }) => digest);
  assert.ok(digests.includes(index) && digests.includes(child) && digests.length === 3);

  // A tag that has moved on to an index without it says nothing about it; one that is gone is no fault of the pin.
  for (const tag of ["2.0", "gone"]) {
    const moved = await lading(["evidence", "export", `${demo.host}/acme/web:${tag}@${child}`, "--to", `${tag}.tar`], { cwd });
    assert.equal(moved.code, 0, moved.stderr);
    assert.deepEqual(openEvidenceArchive(join(cwd, `${tag}.tar`)).record.subjects.map(({ digest }) => digest), [child]);
  }
  assert.ok(!digests.includes(other));
});

test("export: 4 where something could not be asked, and the archive says so", async (t) => {
  const demo = await registry(t);
  const web = demo.putImage("acme/web", "1.0") as Digest;
  const cwd = tree(t, { "a.yaml": pod(`${demo.host}/acme/web@${web}`, `${demo.host}/acme/none:1`) });
  demo.setFaults(({ path }) => (path.includes("/referrers/") ? { is: "status", status: 403 } : undefined));
  const { code, stdout, stderr } = await lading(["evidence", "export", "--to", "e.tar"], { cwd });
  assert.equal(code, 4);
  assert.match(stdout, /could not tell: .*403/);
  assert.match(stderr, /acme\/none:1: there is no such image/);
  const listed = await lading(["evidence", "list", "e.tar"], { cwd });
  assert.equal(listed.code, 4);
  assert.match(listed.stdout, /could not tell: e\.tar: of .*403/);
});

test("import: what was kept is found in the other registry", async (t) => {
  const [from, to] = [await registry(t), await registry(t, { referrers: false })];
  const web = from.putImage("acme/web", "1.0") as Digest;
  await attach(from, "acme/web", bundle(web));
  const cwd = tree(t, { "a.yaml": pod(`${from.host}/acme/web@${web}`) });
  assert.equal((await lading(["evidence", "export", "--to", "e.tar"], { cwd })).code, 0);
  await from.close();
  const { code, stdout, stderr } = await lading(["evidence", "import", "e.tar", "--to", `${to.host}/keep/evidence`], { cwd });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^stored 1, already there 0, failed 0: evidence about 1 digest in /);
  const again = await lading(["evidence", "import", "e.tar", "--to", `${to.host}/keep/evidence`], { cwd });
  assert.match(again.stdout, /^stored 0, already there 1, failed 0/);
  assert.equal((await collector(t)(subjectOf(to.host, "keep/evidence", web))).artifacts.length, 1);

  to.setFaults(({ method }) => (method === "PUT" ? { is: "status", status: 403 } : undefined));
  const refused = await lading(["evidence", "import", "e.tar", "--to", `${to.host}/keep/other`], { cwd });
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /may not push to keep\/other/);
});

test("usage: every mistake is told with what to do", async (t) => {
  const cwd = tree(t, { "full/x": "", "notes.txt": "" });
  const wrong: readonly [readonly string[], number, RegExp][] = [
    [["evidence"], 2, /export, import or list/],
    [["evidence", "exprot"], 2, /did you mean lading evidence export\?/],
    [["evidence", "export"], 2, /needs --to/],
    [["evidence", "export", "nginx", "--to", "a.tar"], 2, /neither tag nor digest/],
    [["evidence", "export", "No Image", "--to", "a.tar"], 2, /neither here nor an image/],
    [["evidence", "export", "--to", "a.tar"], 3, /nothing to check/],
    [["evidence", "import", "--to", "a.b/c"], 2, /takes one archive/],
    [["evidence", "import", "none.tar"], 2, /needs --to/],
    [["evidence", "import", "none.tar", "--to", "web"], 2, /not REGISTRY\/REPOSITORY/],
    [["evidence", "import", "none.tar", "--to", "a.b/c"], 2, /cannot be opened/],
    [["evidence", "list", "notes.txt"], 4, /no tar/],
    [["evidence", "list", "full"], 4, /no OCI image layout/],
    [["evidence", "list", "a", "b"], 2, /takes one archive/],
  ];
  for (const [args, code, said] of wrong) {
    const ran = await lading(args, { cwd });
    assert.equal(ran.code, code, args.join(" ") + ran.stderr);
    assert.match(ran.stderr, said);
  }
  assert.equal((await lading(["evidence", "--help"], { cwd })).code, 0);
});
