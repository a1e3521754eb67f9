/** What is remembered of verdicts, and for whom and how long. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { openVerdictFile } from "../../src/files/verdict-cache.ts";
import type { SignatureVerdict, Signer, Statement, Subject, Trust, TrustRoot } from "../../src/model/evidence.ts";
import type { SignatureNeed } from "../../src/model/policy.ts";

const NOW = Date.parse("2026-06-15T12:00:00Z");
const HOUR = 60 * 60 * 1000;
const SUBJECT: Subject = { registry: "a.example", repository: "acme/web", digest: `sha256:${"1".repeat(64)}` };
const NEED: SignatureNeed = { by: ["release"], need: "any" };
const key = (name: string, pem: string, requireLog = false): Signer => ({ is: "key", name, pem, file: "k", requireLog });
const root = (name: string, json: string): TrustRoot => ({ name, json, file: "r", thresholds: { log: 1, certificateLog: 1, timestamp: 1 } });
const TRUST: Trust = { signers: [key("release", "one"), key("other", "two")], roots: [root("acme", "{}")] };

const statement = (until?: string): Statement => ({
  kind: "signature", format: "simplesigning", artifact: SUBJECT.digest, payload: Buffer.from("secret"),
  verdict: { is: "verified", signers: ["release"], identity: { is: "key", key: "00" }, times: [], ...(until === undefined ? {} : { until }) },
});
const verified = (until?: string): SignatureVerdict => ({ is: "verified", signers: ["release"], statements: [statement(until)] });

function place(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "lading-verdicts-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "cache", "verdicts.json");
}

function keep(path: string, verdict: SignatureVerdict, { trust = TRUST, need = NEED, subject = SUBJECT, verifier = "v1", now = NOW } = {}): void {
  const file = openVerdictFile(path, trust, verifier);
  file.set(subject, need, verdict, now);
  file.save(now);
}

const kept = (path: string, { trust = TRUST, need = NEED, subject = SUBJECT, verifier = "v1", now = NOW } = {}): SignatureVerdict | undefined => openVerdictFile(path, trust, verifier).get(subject, need, now);

describe("a verdict", () => {
  test("comes back as it was, from the cache, without what was signed", (t) => {
    const path = place(t);
    keep(path, verified());
    const found = kept(path);
    assert.ok(found?.is === "verified" && found.from === "cache");
    assert.deepEqual(found.signers, ["release"]);
    assert.doesNotMatch(readFileSync(path, "utf8"), /secret|payload/);
  });

  test("holds for an hour, and not before it was made", (t) => {
    const path = place(t);
    keep(path, verified());
    assert.ok(kept(path, { now: NOW + HOUR - 1 }));
    assert.equal(kept(path, { now: NOW + HOUR }), undefined);
    assert.equal(kept(path, { now: NOW - HOUR }), undefined);
  });

  test("ends when a signature or a certificate does, however young it is", (t) => {
    const path = place(t);
    keep(path, verified("2026-06-15T12:10:00Z"));
    assert.ok(kept(path, { now: NOW + 9 * 60_000 }));
    assert.equal(kept(path, { now: NOW + 10 * 60_000 }), undefined);
    const ended = place(t);
    for (const until of ["2026-06-15T12:00:00Z", "2020-01-01T00:00:00Z", "never"]) keep(ended, verified(until));
    assert.equal(kept(ended), undefined);
  });

  test("is kept only when it is verified", (t) => {
    const statements = [statement()];
    for (const verdict of [{ is: "absent", statements }, { is: "unknown", why: "x", statements }, { is: "invalid", why: "x", statements }, { is: "untrusted", why: "x", statements }] as const) {
      const path = place(t);
      keep(path, verdict);
      assert.equal(kept(path), undefined, verdict.is);
    }
  });

  test("is not made younger by being read", (t) => {
    const path = place(t);
    keep(path, verified());
    keep(path, kept(path, { now: NOW + HOUR - 1 })!, { now: NOW + HOUR - 1 });
    assert.equal(kept(path, { now: NOW + HOUR }), undefined);
  });

  test("is another for each thing that decides it", (t) => {
    const path = place(t);
    keep(path, verified());
    const others: Readonly<Record<string, Parameters<typeof kept>[1]>> = {
      "another digest": { subject: { ...SUBJECT, digest: `sha256:${"2".repeat(64)}` } },
      "another repository": { subject: { ...SUBJECT, repository: "acme/copy" } },
      "another need": { need: { by: ["release", "other"], need: "all" } },
      "another key under the name": { trust: { ...TRUST, signers: [key("release", "three")] } },
      "a key that needs a log": { trust: { ...TRUST, signers: [key("release", "one", true)] } },
      "another verifier": { verifier: "v2" },
    };
    for (const [what, other] of Object.entries(others)) assert.equal(kept(path, other), undefined, what);
    // Who is not asked about does not matter.
    assert.ok(kept(path, { trust: { signers: [key("release", "one")], roots: [root("acme", "changed")] } }));
  });

  test("by a keyless signer is another when the root changes", (t) => {
    const ci: Signer = { is: "keyless", name: "release", identity: "i", match: "exact", issuer: "j", root: "acme", extensions: {} };
    const path = place(t);
    keep(path, verified(), { trust: { signers: [ci], roots: [root("acme", "{}")] } });
    assert.ok(kept(path, { trust: { signers: [ci], roots: [root("acme", "{}"), root("unused", "x")] } }));
    assert.equal(kept(path, { trust: { signers: [ci], roots: [root("acme", '{"a":1}')] } }), undefined);
  });

  test("of a file that is damaged is none", (t) => {
    const path = place(t);
    keep(path, verified());
    const text = readFileSync(path, "utf8");
    for (const damaged of ["", "{", text.replace('"version":1', '"version":0'), text.replaceAll("verified", "absent"), text.replaceAll(/"until":"[^"]*"/g, '"until":"x"'), text.replaceAll('["release"]', "[7]")]) {
      writeFileSync(path, damaged);
      assert.equal(kept(path), undefined, damaged.slice(0, 40));
    }
  });
});
