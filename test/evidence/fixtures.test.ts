/**
 * What cosign and notation themselves made, and what they said about it (bench/evidence/make-fixtures.ts): where they
 * said verified, lading does, and where they said no, no. Where it differs on purpose, the fixture says why.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { push, read, sha256, type Snapshot } from "../../bench/evidence/snapshot.ts";
import { type DemoRegistry, startDemoRegistry } from "../../src/demo/registry.ts";
import { verifyAll } from "../../src/evidence/index.ts";
import type { Signer, Statement, Subject, Trust, TrustRoot } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import { createCollect } from "../../src/registry/collect.ts";

interface Check {
  readonly about: string;
  readonly asked: string;
  readonly verified: boolean;
  readonly kind: Statement["kind"];
  /** Texts are names of files. */
  readonly trust: { readonly signers: readonly Signer[]; readonly roots?: readonly TrustRoot[] };
  readonly differs?: string;
}

interface Expected {
  readonly made: string;
  readonly subject: Digest;
  readonly tags: Readonly<Record<string, string>>;
  readonly checks: readonly Check[];
}

const FOLDER = join(import.meta.dirname, "../fixtures/evidence");
const CASES = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, "expected.json")));

let withReferrers: DemoRegistry;
let without: DemoRegistry;
before(async () => {
  withReferrers = await startDemoRegistry();
  without = await startDemoRegistry({ referrers: false });
});
after(() => Promise.all([withReferrers.close(), without.close()]));

for (const name of CASES) {
  const folder = join(FOLDER, name);
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Expected;
  const snapshot = read(folder, expected.subject, expected.tags);
  const text = (file: string): string => readFileSync(join(folder, file), "utf8");

  describe(name, () => {
    let statementsOf: (trust: Trust) => Promise<readonly Statement[]>;
    before(async () => {
      statementsOf = await putInto(withReferrers, name, snapshot, expected);
    });

    for (const check of expected.checks)
      test(`${check.about}: ${check.asked} says ${check.verified ? "verified" : "no"}${check.differs === undefined ? "" : `, and lading differs: ${check.differs}`}`, async () => {
        const statements = await statementsOf(trustOf(check, text));
        assert.ok(statements.length > 0, "something is attached");
        const verified = statements.some(({ kind, verdict }) => kind === check.kind && verdict.is === "verified");
        assert.equal(verified, check.differs === undefined ? check.verified : !check.verified, JSON.stringify(statements.map(({ kind, verdict }) => ({ kind, ...verdict })), undefined, 1));
      });
  });
}

test("what stands in a registry without the referrers API is found by its tags as well", async () => {
  for (const name of ["cosign-bundle-p256", "notation-jws-p256"]) {
    const expected = JSON.parse(readFileSync(join(FOLDER, name, "expected.json"), "utf8")) as Expected;
    const snapshot = withFallbackTag(read(join(FOLDER, name), expected.subject, expected.tags));
    const statementsOf = await putInto(without, name, snapshot, expected);
    const [check] = expected.checks;
    assert.equal((await statementsOf(trustOf(check!, (file) => readFileSync(join(FOLDER, name, file), "utf8"))))[0]?.verdict.is, "verified");
  }
});

test("no fixture holds a private key", () => {
  for (const file of readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()))
    assert.doesNotMatch(readFileSync(join(file.parentPath, file.name), "latin1"), /PRIVATE KEY|ENCRYPTED/, file.name);
});

/** Puts a case into a registry and gives what asks for its verdicts, over the real protocol. */
async function putInto(registry: DemoRegistry, name: string, snapshot: Snapshot, { subject: digest, made }: Expected): Promise<(trust: Trust) => Promise<readonly Statement[]>> {
  const repository = `fixtures/${name}`;
  await push(registry.host, repository, snapshot);
  const manifest = snapshot.manifests.get(digest)!;
  const { mediaType } = JSON.parse(manifest.toString("utf8")) as { mediaType: string };
  const subject: Subject = { registry: registry.host, repository, digest, mediaType, size: manifest.length, manifest };
  const collect = createCollect({ policy: DEFAULT_POLICY, version: "0.0.0-test", environment: {} });
  const collected = await collect(subject);
  assert.deepEqual(collected.gaps, []);
  return async (trust) => verifyAll(collected, subject, trust, new Date(made));
}

function trustOf({ trust: { signers, roots = [] } }: Check, text: (file: string) => string): Trust {
  return {
    signers: signers.map((signer) => {
      if (signer.is === "key") return { ...signer, pem: text(signer.pem) };
      if (signer.is === "notation") return { ...signer, authorities: signer.authorities.map(text), timestampAuthorities: signer.timestampAuthorities.map(text) };
      return signer;
    }),
    roots: roots.map((root) => ({ ...root, json: text(root.json) })),
  };
}

/** An index of what is attached under `sha256-…`, as tools write it where there is no API. */
function withFallbackTag(snapshot: Snapshot): Snapshot {
  const entries = [...snapshot.manifests].filter(([digest]) => digest !== snapshot.subject).map(([digest, bytes]) => ({ mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: bytes.length }));
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: entries }));
  const digest = sha256(index);
  return { ...snapshot, manifests: new Map([...snapshot.manifests, [digest, index]]), tags: new Map([...snapshot.tags, [snapshot.subject.replace(":", "-"), digest]]) };
}
