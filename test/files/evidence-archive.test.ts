/** An archive leads to the same answers as the registries that it was written from, and never to a better one. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import type { DemoRegistry } from "../../src/demo/registry.ts";
import { openEvidenceArchive, writeEvidenceArchive } from "../../src/files/evidence-archive.ts";
import { blobPath, layoutOf } from "../../src/files/evidence-layout.ts";
import type { Exported } from "../../src/model/archive.ts";
import type { LadingError } from "../../src/model/errors.ts";
import type { Collected } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import { exportEvidence } from "../../src/pipeline/export-evidence.ts";
import { createArchiveCollect, createArchiveParents, createArchiveReadSubject } from "../../src/registry/archive.ts";
import { createReadSubject } from "../../src/registry/subject.ts";
import { tree } from "../cli/lading.ts";
import { attach, bundle, BUNDLE, codes, collector, DSSE, gist, PATIENT, SIMPLE, subjectOf, tagOf } from "../registry/attach.ts";
import { folder, registry } from "../registry/helpers.ts";

interface World {
  readonly demo: DemoRegistry;
  readonly web: Digest;
  readonly none: Digest;
  readonly exported: readonly Exported[];
}

/** An index that is signed in three ways, one without anything, and what was asked about both. */
async function world(t: TestContext): Promise<World> {
  const demo = await registry(t);
  const web = demo.putImage("acme/web", "1.0", { platforms: ["linux/amd64", "linux/arm64"] }) as Digest;
  const none = demo.putImage("acme/none", "1.0") as Digest;
  await attach(demo, "acme/web", bundle(web, "referrer"));
  await attach(demo, "acme/web", { tag: tagOf(web, ".sig"), configType: "application/vnd.oci.image.config.v1+json", config: '{"architecture":"none"}', layers: [{ mediaType: SIMPLE, text: "one", annotations: { key: "value" } }, { mediaType: SIMPLE, text: "two" }] });
  await attach(demo, "acme/web", { tag: tagOf(web, ".att"), layers: [{ mediaType: DSSE, text: "att" }] });
  await attach(demo, "acme/web", { subject: web, artifactType: "application/spdx+json", layers: [{ mediaType: "application/spdx+json", text: "sbom" }] });
  return { demo, web, none, exported: await ask(t, demo, web, none) };
}

function ask(t: TestContext, demo: DemoRegistry, web: Digest, none: Digest): Promise<readonly Exported[]> {
  const readSubject = createReadSubject({ version: "0", policy: DEFAULT_POLICY, environment: { HOME: folder(t) }, limits: PATIENT });
  const subjects = [subjectOf(demo.host, "acme/web", web), subjectOf(demo.host, "acme/none", none)];
  return exportEvidence(subjects, { collect: collector(t, { configs: true }), readSubject, now: () => "2026-11-24T22:00:00.000Z" });
}

/** What an archive adds, and what only an export reads, taken away. */
const plain = ({ artifacts, gaps }: Collected): unknown => ({
  gaps,
  artifacts: artifacts.filter(({ layers }) => layers.length > 0).map(({ config: _, found, ...rest }) => ({ ...rest, found: found.filter((way) => way !== "archive") })),
});

for (const name of ["evidence", "evidence.tar"])
  test(`${name}: the same evidence, byte by byte, and a none that is proven`, async (t) => {
    const { demo, web, none, exported } = await world(t);
    const path = join(tree(t, {}), name);
    writeEvidenceArchive(path, exported, "0.0.0-test");
    const live = collector(t);
    const asked = await Promise.all([live(subjectOf(demo.host, "acme/web", web)), live(subjectOf(demo.host, "acme/none", none))]);
    await demo.close();

    const archive = openEvidenceArchive(path);
    const collect = createArchiveCollect(archive);
    const kept = await Promise.all([collect(subjectOf(demo.host, "acme/web", web)), collect(subjectOf(demo.host, "acme/none", none))]);
    assert.deepEqual(kept.map(plain), asked.map(plain));
    assert.equal(kept[0]!.artifacts.length, 3);
    assert.ok(kept[0]!.artifacts.every(({ found }) => found.includes("archive")));
    assert.deepEqual(kept[1], { artifacts: [], gaps: [] });

    const children = archive.record.subjects.filter(({ repository }) => repository === "acme/web").map(({ digest }) => digest);
    assert.equal(children.length, 3, "the index and its two platforms");
    const manifest = await createArchiveReadSubject(archive)(subjectOf(demo.host, "acme/web", web));
    assert.ok(manifest.is === "known");
    assert.deepEqual(manifest.value.children.map(({ digest }) => digest).sort(), children.filter((digest) => digest !== web).sort());
    const parents = createArchiveParents(archive);
    for (const digest of children) assert.deepEqual(await parents(subjectOf(demo.host, "acme/web", digest)), digest === web ? [] : [web]);
    assert.deepEqual(await parents(subjectOf(demo.host, "acme/other", children.find((digest) => digest !== web)!)), []);
  });

test("nothing was asked about a digest: could not tell, not none", async (t) => {
  const { demo, web, exported } = await world(t);
  const path = join(tree(t, {}), "a.tar");
  writeEvidenceArchive(path, exported, "0");
  const archive = openEvidenceArchive(path, "a.tar");
  const collect = createArchiveCollect(archive);
  const other = subjectOf(demo.host, "acme/web", `sha256:${"a".repeat(64)}`);
  assert.deepEqual([(await collect(other)).artifacts, codes(await collect(other))], [[], ["not-asked"]]);
  const answer = await createArchiveReadSubject(archive)(other);
  assert.ok(answer.is === "unknown" && answer.why.code === "not-asked");
  // Evidence is about bytes, so a copy in another registry has it; but what lies there nobody has looked at.
  const copy = await collect(subjectOf("mirror.test", "copy/web", web));
  assert.equal(copy.artifacts.length, 3);
  assert.deepEqual(codes(copy), ["not-asked"]);
});

test("what could not be asked stays open", async (t) => {
  const { demo, web, none } = await world(t);
  demo.setFaults(({ path }) => (path.includes("/acme/web/") && path.endsWith(".sig") ? { is: "status", status: 403 } : undefined));
  const path = join(tree(t, {}), "a.tar");
  writeEvidenceArchive(path, await ask(t, demo, web, none), "0");
  const all = await createArchiveCollect(openEvidenceArchive(path, "a.tar"))(subjectOf(demo.host, "acme/web", web));
  assert.deepEqual(gist(all).map((one) => one.split(" ")[0]), ["archive+att-tag", "referrers+archive"].map((way) => (way.startsWith("archive") ? "att-tag+archive" : way)));
  assert.deepEqual(codes(all), ["forbidden"]);
  assert.match(all.gaps[0]!.message, /^a\.tar: of 2026-11-24T22:00:00\.000Z: 127\.0\.0\.1/);
});

test("a config that cannot be read is no gap: it proves nothing", async (t) => {
  const { demo, web, none } = await world(t);
  const config = (await collector(t, { configs: true })(subjectOf(demo.host, "acme/web", web))).artifacts.find(({ found }) => found.includes("sig-tag"))!.config!;
  demo.setFaults(({ path }) => (path.endsWith(config.digest) ? { is: "status", status: 403 } : undefined));
  const [exported] = await ask(t, demo, web, none);
  assert.equal(config.mediaType, "application/vnd.oci.image.config.v1+json");
  assert.deepEqual([exported!.collected.gaps, exported!.collected.artifacts.length], [[], 4]);
});

test("a blob that is missing or is something else fails alone", async (t) => {
  const { demo, web, exported } = await world(t);
  const [referrer] = (await collector(t)(subjectOf(demo.host, "acme/web", web))).artifacts.filter(({ artifactType }) => artifactType === BUNDLE);
  const change: readonly [string, (path: string) => void, string, Digest][] = [
    ["a missing layer", (path) => rmSync(path), "malformed", referrer!.layers[0]!.digest],
    ["another layer", (path) => writeFileSync(path, "Referrer"), "wrong-bytes", referrer!.layers[0]!.digest],
    ["a longer layer", (path) => writeFileSync(path, "referrer".repeat(100)), "wrong-bytes", referrer!.layers[0]!.digest],
    ["a missing manifest", (path) => rmSync(path), "malformed", referrer!.digest],
    ["another manifest", (path) => writeFileSync(path, "{}"), "wrong-bytes", referrer!.digest],
    ["a folder", (path) => (rmSync(path), mkdirSync(path)), "malformed", referrer!.digest],
    ["a device", (path) => (rmSync(path), symlinkSync("/dev/zero", path)), "malformed", referrer!.digest],
  ];
  for (const [what, act, code, digest] of change) {
    const path = join(tree(t, {}), "evidence");
    writeEvidenceArchive(path, exported, "0");
    act(join(path, blobPath(digest)));
    const all = await createArchiveCollect(openEvidenceArchive(path))(subjectOf(demo.host, "acme/web", web));
    assert.equal(all.artifacts.length, 2, what);
    assert.deepEqual(all.gaps.map(({ code: said, artifact }) => [said, artifact]), [[code, referrer!.digest]], what);
  }
});

test("an archive that is none, is of another version or has a changed record is not opened", async (t) => {
  const { exported } = await world(t);
  const changes: Readonly<Record<string, (path: string) => void>> = {
    "no oci-layout": (path) => rmSync(join(path, "oci-layout")),
    "another layout": (path) => writeFileSync(join(path, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}'),
    "no index": (path) => rmSync(join(path, "index.json")),
    "an index of nothing": (path) => writeFileSync(join(path, "index.json"), '{"schemaVersion":2,"manifests":[]}'),
    "an index that is none": (path) => writeFileSync(join(path, "index.json"), "{"),
    "two records": (path) => {
      const index = JSON.parse(readFileSync(join(path, "index.json"), "utf8"));
      writeFileSync(join(path, "index.json"), JSON.stringify({ ...index, manifests: [...index.manifests, index.manifests.at(-1)] }));
    },
    "a changed record": (path) => {
      for (const name of readdirSync(join(path, "blobs/sha256")).map((one) => join(path, "blobs/sha256", one)))
        if (readFileSync(name, "utf8").includes('"tool"')) writeFileSync(name, readFileSync(name, "utf8").replace('"tool":"0"', '"tool":"1"'));
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    const path = join(tree(t, {}), "evidence");
    writeEvidenceArchive(path, exported, "0");
    change(path);
    assert.throws(() => openEvidenceArchive(path), (error: LadingError) => error.kind === "io" && error.hint !== undefined, what);
  }
  assert.throws(() => openEvidenceArchive("/does/not/exist"), (error: LadingError) => error.kind === "usage");
});

test("a record of another shape is not believed", async (t) => {
  const { exported } = await world(t);
  for (const [from, to] of [['"gaps":[]', '"gaps":{}'], ['"version":1', '"version":2'], ['"asked":"2026', '"asked":"soon 2026'], ['"found":["sig-tag"]', '"found":["sig-tags"]'], ['"gaps":[]', '"gap":[]']] as const) {
    const files = layoutOf(exported, "0");
    const { createHash } = await import("node:crypto");
    const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
    const root = tree(t, {});
    const swap = new Map<string, string>();
    const texts = new Map([...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString("utf8")]));
    const [recordName, record] = [...texts].find(([, text]) => text.startsWith('{"version":1,"tool"'))!;
    const changed = record.replace(from, to);
    assert.notEqual(changed, record, from);
    swap.set(recordName.slice(-64), hash(changed));
    texts.set(`blobs/sha256/${hash(changed)}`, changed);
    const [manifestName, manifest] = [...texts].find(([name, text]) => name.startsWith("blobs/") && text.includes(recordName.slice(-64)))!;
    const manifestChanged = manifest.replace(recordName.slice(-64), hash(changed)).replace(/"size":\d+\}\]/, `"size":${changed.length}}]`);
    texts.set(`blobs/sha256/${hash(manifestChanged)}`, manifestChanged);
    texts.set("index.json", texts.get("index.json")!.replace(manifestName.slice(-64), hash(manifestChanged)));
    mkdirSync(join(root, "blobs/sha256"), { recursive: true });
    for (const [name, text] of texts) writeFileSync(join(root, name), text);
    assert.throws(() => openEvidenceArchive(root), (error: LadingError) => error.kind === "io", to);
  }
});

test("the layout is one that others read: tags, referrers, sizes and digests", async (t) => {
  const { web, exported } = await world(t);
  const files = layoutOf(exported, "0");
  assert.deepEqual(JSON.parse(Buffer.from(files.get("oci-layout")!).toString()), { imageLayoutVersion: "1.0.0" });
  const index = JSON.parse(Buffer.from(files.get("index.json")!).toString()) as { manifests: { digest: Digest; size: number; annotations?: Record<string, string> }[] };
  for (const { digest, size } of index.manifests) assert.equal(files.get(blobPath(digest))?.length, size);
  const names = index.manifests.flatMap(({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] ?? []);
  assert.deepEqual(names.sort(), [tagOf(web), tagOf(web, ".att"), tagOf(web, ".sig")]);
  assert.ok(![...files.values()].some((bytes) => Buffer.from(bytes).toString() === "sbom"), "what proves nothing is not kept");
  assert.deepEqual(layoutOf([...exported].reverse(), "0"), files);
});

test("a folder that is not empty is left alone, and a file is replaced whole or not at all", async (t) => {
  const { exported } = await world(t);
  const path = tree(t, { "mine.txt": "mine" });
  assert.throws(() => writeEvidenceArchive(path, exported, "0"), (error: LadingError) => error.kind === "usage");
  assert.deepEqual(readdirSync(path), ["mine.txt"]);
  const tar = join(path, "a.tar");
  writeFileSync(tar, "old");
  writeEvidenceArchive(tar, exported, "0");
  openEvidenceArchive(tar);
  assert.throws(() => writeEvidenceArchive(join(path, "no/such/folder.tar"), exported, "0"), (error: LadingError) => error.kind === "io");
  assert.deepEqual(readdirSync(path).sort(), ["a.tar", "mine.txt"]);
});
