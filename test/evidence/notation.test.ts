/** What a Notation signature proves when it is right. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Artifact } from "../../src/model/evidence.ts";
import { readIdentity } from "../../src/evidence/notation-names.ts";
import { certificate, ec, type KeyPair, keyUsage, name, pem, rsa } from "./der.ts";
import { artifactOf, type Chain, COSE, type EnvelopeOptions, gist, jwsArtifact, later, LEAF_NAME, makeChain, makeCose, makeJws, NOW, signerOf, statementOf, SUBJECT, trusting } from "./notation-world.ts";

const FORMATS: Readonly<Record<string, (options: EnvelopeOptions) => Artifact>> = {
  "notation-jws": (options) => jwsArtifact(makeJws(options)),
  "notation-cose": (options) => artifactOf(COSE, makeCose(options)),
};
const KEYS: Readonly<Record<string, () => KeyPair>> = {
  "P-256": () => ec("P-256"),
  "P-384": () => ec("P-384"),
  "P-521": () => ec("P-521"),
  "RSA 2048": () => rsa(2048),
  "RSA 3072": () => rsa(3072),
};

for (const [format, make] of Object.entries(FORMATS)) {
  describe(format, () => {
    for (const [key, keys] of Object.entries(KEYS)) {
      test(`is verified with ${key}`, () => {
        const chain = makeChain({ keys: keys() });
        const statement = statementOf(make({ chain }), trusting(signerOf(chain)));
        assert.deepEqual([statement.kind, statement.format, gist(statement.verdict)], ["signature", format, "verified release"]);
      });
    }

    test("says who signed, until when that holds, and that revocation was not asked", () => {
      const chain = makeChain({ leaf: { to: new Date("2999-01-01T00:00:00Z") }, intermediate: { to: later(0.5) } });
      const { verdict } = statementOf(make({ chain }), trusting(signerOf(chain)));
      assert.ok(verdict.is === "verified" && verdict.identity.is === "certificate");
      assert.equal(verdict.identity.subject, "C=US, ST=WA, L=Seattle, O=acme\\, inc, CN=release");
      assert.match(verdict.identity.thumbprint, /^[0-9a-f]{64}$/);
      assert.deepEqual(verdict.times, []);
      assert.equal(Date.parse(verdict.until!), Math.floor(later(0.5).getTime() / 1000) * 1000);
      assert.match(verdict.message ?? "", /revoked is not checked/);
    });

    test("of a self-signed certificate is verified where that certificate itself is an authority", () => {
      const own = certificate({ name: name(LEAF_NAME), keys: ec("P-256"), extensions: [keyUsage([0])] });
      const chain: Chain = { leaf: own, issuers: [] };
      assert.equal(gist(statementOf(make({ chain }), trusting(signerOf(chain))).verdict), "verified release");
      assert.equal(gist(statementOf(make({ chain }), trusting(signerOf(makeChain()))).verdict), "untrusted");
    });

    test("is verified by an intermediate that the policy names alone", () => {
      const chain = makeChain();
      assert.equal(gist(statementOf(make({ chain }), trusting(signerOf(chain, { authorities: [pem(chain.issuers[0]!)] }))).verdict), "verified release");
    });

    test("holds before its expiry", () => {
      const chain = makeChain();
      const options = { chain, critical: ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"], signed: { "io.cncf.notary.signingScheme": "notary.x509", "io.cncf.notary.signingTime": NOW, "io.cncf.notary.expiry": later(1) } };
      assert.equal(gist(statementOf(make(options), trusting(signerOf(chain))).verdict), "verified release");
      assert.equal(gist(statementOf(make(options), trusting(signerOf(chain)), SUBJECT, later(1.5)).verdict), "invalid notation-expired");
    });

    test("by a signing authority is verified at the time that the authority vouches for, and not by an ordinary authority", () => {
      const chain = makeChain({ leaf: { from: later(-20), to: later(-10) }, intermediate: { from: later(-30) }, root: { from: later(-40) } });
      const options = { chain, critical: ["io.cncf.notary.signingScheme", "io.cncf.notary.authenticSigningTime"], signed: { "io.cncf.notary.signingScheme": "notary.x509.signingAuthority", "io.cncf.notary.authenticSigningTime": later(-15) } };
      const authority = signerOf(chain, { authorities: [], signingAuthorities: signerOf(chain).authorities });
      const { verdict } = statementOf(make(options), trusting(authority));
      assert.equal(gist(verdict), "verified release");
      assert.equal(verdict.is === "verified" && verdict.times.length, 1);
      // With an ordinary certificate that has expired, anybody could claim an older time.
      assert.equal(gist(statementOf(make(options), trusting(signerOf(chain))).verdict), "untrusted");
    });

    test("names all the signers of the policy that it fits", () => {
      const chain = makeChain();
      const signers = [signerOf(chain), signerOf(makeChain(), { name: "other" }), signerOf(chain, { name: "narrow", identities: ["x509.subject: C=US, ST=WA, O=acme\\, inc"] })];
      assert.equal(gist(statementOf(make({ chain }), trusting(...signers)).verdict), "verified release narrow");
    });
  });
}

describe("trusted identities", () => {
  const chain = makeChain();
  const artifact = jwsArtifact(makeJws({ chain }));
  const verdictOf = (...identities: readonly string[]): string => gist(statementOf(artifact, trusting(signerOf(chain, { identities }))).verdict);

  for (const identity of ["*", "x509.subject: C=US, ST=WA, O=acme\\, inc", "x509.subject:CN=release,O=acme\\, inc,S=WA,C=US", "C=US,ST=WA,L=Seattle,O=acme\\, inc"])
    test(`${identity} fits`, () => assert.equal(verdictOf(identity), "verified release"));

  for (const identity of ["x509.subject: C=US, ST=WA, O=acme\\, inc, CN=other", "x509.subject: C=US, ST=WA, O=acme", "x509.subject: C=US, ST=WA, O=acme\\, inc, OU=release", "x509.subject: C=us, ST=WA, O=acme\\, inc"])
    test(`${identity} does not`, () => assert.equal(verdictOf(identity), "untrusted"));

  for (const identity of ["", "x509.subject:", "release", "CN=release", "x509.subject: C=US, ST=WA", "C=US, ST=WA, O=acme, O=acme", "C=US, ST=WA, O=#0c04", "C=US, ST=WA, O=a+CN=b", "x509.san: C=US, ST=WA, O=acme", "C=US, ST=WA, O="])
    test(`"${identity}" cannot be read, and nobody is trusted by it`, () => {
      assert.throws(() => readIdentity(identity), { code: "notation-policy" });
      assert.equal(verdictOf(identity), "unknown notation-policy");
    });

  test("one that fits is enough", () => assert.equal(verdictOf("x509.subject: C=DE, ST=BE, O=other", "x509.subject: C=US, ST=WA, O=acme\\, inc"), "verified release"));

  test("a name with an attribute twice fits no identity", () => {
    const twice = makeChain({ leaf: { name: name([["C", "US"], ["ST", "WA"], ["O", "acme"], ["O", "evil"]]) } });
    const { verdict } = statementOf(jwsArtifact(makeJws({ chain: twice })), trusting(signerOf(twice, { identities: ["C=US, ST=WA, O=acme"] })));
    assert.equal(gist(verdict), "untrusted");
  });
});

test("the manual names every code of Notation's own", () => {
  const root = join(import.meta.dirname, "../..");
  const codes = readFileSync(join(root, "src/evidence/notation-codes.ts"), "utf8").match(/"notation-[a-z-]+"/g) ?? [];
  const manual = readFileSync(join(root, "docs/notation.md"), "utf8");
  assert.ok(codes.length > 20);
  for (const code of codes) assert.ok(manual.includes(`\`${code.slice(1, -1)}\``), code);
});
