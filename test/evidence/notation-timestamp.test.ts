/** The countersignature of a timestamp authority: what it is worth, and what it must not get through with. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Artifact } from "../../src/model/evidence.ts";
import { basicConstraints, certificate, type CertificateOptions, ec, extendedKeyUsage, type Issued, keyUsage, name, octets, OIDS, pem, rsa, sequence, timestampToken, type TokenOptions } from "./der.ts";
import { artifactOf, COSE, gist, jwsArtifact, later, makeChain, makeCose, makeJws, type NotationSigner, signerOf, statementOf, trusting } from "./notation-world.ts";

interface Authority {
  readonly root: Issued;
  readonly leaf: Issued;
}

const FOR_TIME = [keyUsage([0, 1]), extendedKeyUsage([OIDS.timeStamping], true)];

function makeAuthority(leaf: Partial<CertificateOptions> = {}): Authority {
  const years = { from: later(-1000), to: later(1000) };
  const root = certificate({ name: name([["C", "US"], ["O", "clock"], ["CN", "time root"]]), keys: ec("P-256"), extensions: [basicConstraints(true), keyUsage([5])], ...years });
  return { root, leaf: certificate({ name: name([["C", "US"], ["O", "clock"], ["CN", "time"]]), keys: ec("P-256"), issuer: root, extensions: FOR_TIME, ...years, ...leaf }) };
}

const clock = makeAuthority();
/** Expired ten days ago. */
const chain = makeChain({ leaf: { from: later(-30), to: later(-10) }, intermediate: { from: later(-40) }, root: { from: later(-50) } });
const current = makeChain();
const stamp = (over: Uint8Array, more: Partial<TokenOptions> = {}): Buffer => timestampToken({ signer: clock.leaf, certificates: [clock.leaf, clock.root], over, at: later(-20), ...more });
const believing = (of = chain, ...authorities: readonly Issued[]): NotationSigner => signerOf(of, { timestampAuthorities: (authorities.length > 0 ? authorities : [clock.root]).map(pem) });

const FORMATS: Readonly<Record<string, (timestamp?: (signature: Buffer) => Buffer, of?: typeof chain) => Artifact>> = {
  JWS: (timestamp, of = chain) => jwsArtifact(makeJws({ chain: of, ...(timestamp && { timestamp }) })),
  COSE: (timestamp, of = chain) => artifactOf(COSE, makeCose({ chain: of, ...(timestamp && { timestamp }) })),
};

for (const [format, make] of Object.entries(FORMATS)) {
  const verdictOf = (timestamp: ((signature: Buffer) => Buffer) | undefined, signer = believing(), of = chain): string => gist(statementOf(make(timestamp, of), trusting(signer)).verdict);
  /** A token that is wrong in one way. */
  const wrong = (more: Partial<TokenOptions>, signer = believing()): string => verdictOf((signature) => stamp(signature, more), signer);

  describe(`${format} with a timestamp`, () => {
    test("is verified after its certificate expired, and says when it was signed", () => {
      const { verdict } = statementOf(make((signature) => stamp(signature)), trusting(believing()));
      assert.equal(gist(verdict), "verified release");
      assert.ok(verdict.is === "verified");
      assert.equal(verdict.times.length, 1);
      assert.equal(verdict.until, undefined);
      assert.ok(Math.abs(Date.parse(verdict.times[0]!) - later(-20).getTime()) < 1000);
    });
    test("by an RSA authority is verified", () => {
      const other = makeAuthority({ keys: rsa(2048) });
      assert.equal(wrong({ signer: other.leaf, certificates: [other.leaf] }, believing(chain, other.root)), "verified release");
    });
    test("whose token does not carry the root is verified", () => assert.equal(wrong({ certificates: [clock.leaf] }), "verified release"));
    test("is verified with one of several authorities", () => assert.equal(wrong({}, believing(chain, makeAuthority().root, clock.root)), "verified release"));

    test("is not needed while the certificates are valid", () => assert.equal(verdictOf(undefined, believing(current), current), "verified release"));
    test("is needed afterwards", () => assert.equal(verdictOf(undefined), "invalid notation-certificate-expired"));
    test("counts for nothing where the policy names no timestamp authority", () => {
      assert.equal(wrong({}, signerOf(chain)), "invalid notation-certificate-expired");
      assert.equal(verdictOf((signature) => stamp(signature, { over: Buffer.from("x") }), signerOf(current), current), "verified release");
    });
  });

  describe(`${format} is refused with a timestamp`, () => {
    test("over another signature", () => assert.equal(wrong({ over: Buffer.from("another") }), "invalid notation-timestamp-mismatch"));
    test("over another signature, even while the certificates are valid", () =>
      assert.equal(verdictOf((signature) => stamp(Buffer.concat([signature, Buffer.of(0)])), believing(current), current), "invalid notation-timestamp-mismatch"));
    test("by an authority that nobody trusts", () => {
      const other = makeAuthority();
      assert.equal(wrong({ signer: other.leaf, certificates: [other.leaf, other.root] }), "invalid notation-timestamp-untrusted");
    });
    test("by an authority that looks like the trusted one", () => {
      const other = makeAuthority();
      assert.equal(wrong({ signer: { ...clock.leaf, keys: other.leaf.keys } }), "invalid notation-timestamp-signature");
    });
    test("whose content was changed after it was signed", () => assert.equal(wrong({ swapContent: true }), "invalid notation-timestamp-signature"));
    test("after the certificate expired", () => assert.equal(wrong({ at: later(-9) }), "invalid notation-certificate-expired"));
    test("before the certificate was valid", () => assert.equal(wrong({ at: later(-31) }), "invalid notation-certificate-expired"));
    test("so inexact that it could be outside", () => assert.equal(wrong({ at: new Date(later(-10).getTime() - 5000), accuracySeconds: 60 }), "invalid notation-certificate-expired"));
    test("that is still to come", () => {
      const long = makeChain({ leaf: { to: later(100) }, intermediate: { to: later(100) }, root: { to: later(100) } });
      assert.equal(verdictOf((signature) => stamp(signature, { at: later(9) }), believing(long), long), "invalid notation-time");
    });
    test("by a certificate that had expired", () => {
      const old = makeAuthority({ to: later(-25) });
      assert.equal(wrong({ signer: old.leaf, certificates: [old.leaf, old.root] }, believing(chain, old.root)), "invalid notation-timestamp-untrusted");
    });
    for (const [what, extensions] of [
      ["for code", [keyUsage([0]), extendedKeyUsage([OIDS.codeSigning], true)]],
      ["for time and code", [keyUsage([0]), extendedKeyUsage([OIDS.timeStamping, OIDS.codeSigning], true)]],
      ["for time, not critically", [keyUsage([0]), extendedKeyUsage([OIDS.timeStamping])]],
      ["for anything", [keyUsage([0])]],
      ["that is an authority", [basicConstraints(true), ...FOR_TIME]],
    ] as const)
      test(`by a certificate ${what}`, () => {
        const other = makeAuthority({ extensions });
        assert.equal(wrong({ signer: other.leaf, certificates: [other.leaf, other.root] }, believing(chain, other.root)), "invalid notation-leaf");
      });
    test("by the signer's own certificate", () => assert.equal(wrong({ signer: chain.leaf, certificates: [chain.leaf, ...chain.issuers] }, believing(chain, chain.issuers[1]!)), "invalid notation-leaf"));
    test("that does not carry its certificate", () => assert.equal(wrong({ certificates: [clock.root] }), "invalid notation-timestamp-signature"));
    test("that identifies another certificate", () => assert.equal(wrong({ identifies: clock.root }), "invalid notation-timestamp-signature"));
    test("that identifies none", () => assert.equal(wrong({ identifier: false }), "invalid notation-timestamp-signature"));
    test("over SHA-1", () => assert.equal(wrong({ imprintHash: "sha1" }), "invalid notation-timestamp-signature"));
    test("with more certificates than anybody needs", () => assert.equal(wrong({ certificates: Array.from({ length: 40 }, () => clock.leaf) }), "invalid notation-timestamp-malformed"));
    test("that is none", () => {
      for (const token of [Buffer.from("token"), sequence(), sequence(octets(Buffer.alloc(3))), Buffer.from("30800000", "hex"), Buffer.from("3082ffff", "hex"), Buffer.from("3084".padEnd(4000, "30"), "hex")])
        assert.equal(verdictOf(() => token), "invalid notation-timestamp-malformed");
    });
    test("of which a byte was changed, or the change says nothing: the time stays the same", () => {
      const timesOf = (change: (token: Buffer) => void): readonly string[] => {
        const { verdict } = statementOf(make((signature) => {
          const token = stamp(signature, { certificates: [clock.leaf] });
          change(token);
          return token;
        }), trusting(believing()));
        if (verdict.is === "verified") return verdict.times;
        assert.match(gist(verdict), /^invalid notation-/);
        return [];
      };
      const right = timesOf(() => undefined);
      assert.equal(right.length, 1);
      let refused = 0;
      for (let at = 0; at < 900; at += 11) {
        const times = timesOf((token) => (token[at % token.length]! ^= 1 << (at % 8)));
        if (times.length === 0) refused += 1;
        else assert.deepEqual(times, right);
      }
      assert.ok(refused > 60, `${refused} of 82`);
    });
  });
}
