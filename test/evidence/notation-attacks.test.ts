/** What a Notation signature must not get through with, each by its code. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encode, Tag } from "cbor2";
import type { Artifact, Subject } from "../../src/model/evidence.ts";
import { certificate, ec, name, pem, rsa } from "./der.ts";
import { AUTHENTIC, CHAINS, EXPIRY, good, LIES, SCHEME, SIGNING_TIME } from "./notation-lies.ts";
import {
  artifactOf, certificates, type Chain, COSE, digestOf, type EnvelopeOptions, gist, JWS, type Jws, jwsArtifact, later, LEAF_EXTENSIONS, LEAF_NAME, makeChain, makeCose, makeJws, NOW,
  payloadOf, PAYLOAD_TYPE, signerOf, signingTime, statementOf, SUBJECT, trusting,
} from "./notation-world.ts";

const FORMATS: Readonly<Record<string, (options: EnvelopeOptions) => Artifact>> = {
  JWS: (options) => jwsArtifact(makeJws(options)),
  COSE: (options) => artifactOf(COSE, makeCose(options)),
};

const trust = trusting(signerOf(good));
const verdictOf = (artifact: Artifact, chain = good, subject: Subject = SUBJECT): string => gist(statementOf(artifact, trusting(signerOf(chain)), subject).verdict);

for (const [format, make] of Object.entries(FORMATS)) {
  describe(`${format} is refused with`, () => {
    for (const [what, [code, lie]] of Object.entries(LIES)) test(what, () => assert.equal(verdictOf(make({ chain: good, ...lie })), code));
    for (const [what, [code, options]] of Object.entries(CHAINS))
      test(what, () => {
        const chain = makeChain(options);
        assert.equal(verdictOf(make({ chain }), chain), code);
      });

    test("a root that looks like the trusted one", () => assert.equal(verdictOf(make({ chain: makeChain() })), "untrusted"));
    test("a self-signed leaf that nobody named", () => {
      const leaf = certificate({ name: name(LEAF_NAME), keys: ec("P-256"), extensions: LEAF_EXTENSIONS });
      assert.equal(verdictOf(make({ chain: { leaf, issuers: [] } })), "untrusted");
    });
    test("a leaf issued by a leaf", () => {
      const leaf = certificate({ name: name([...LEAF_NAME, ["OU", "below"]]), keys: ec("P-256"), issuer: good.leaf, extensions: LEAF_EXTENSIONS });
      assert.equal(verdictOf(make({ chain: { leaf, issuers: certificates(good) } })), "invalid notation-certificate-authority");
    });
    test("the leaf alone as an authority of the policy", () => assert.equal(gist(statementOf(make({ chain: good }), trusting(signerOf(good, { authorities: [pem(good.leaf)] }))).verdict), "untrusted"));
    test("a signing time that lies about an expired certificate", () => {
      const chain = makeChain({ leaf: { from: later(-3), to: later(-1) } });
      assert.equal(verdictOf(make({ chain, signed: signingTime(later(-2)) }), chain), "invalid notation-certificate-expired");
    });
    test("a signing authority that has not signed yet, or not while its certificate was valid", () => {
      const authority = trusting(signerOf(good, { signingAuthorities: signerOf(good).authorities }));
      const at = (days: number): Artifact => make({ chain: good, critical: [SCHEME, AUTHENTIC], signed: { [SCHEME]: "notary.x509.signingAuthority", [AUTHENTIC]: later(days) } });
      assert.equal(gist(statementOf(at(0.5), authority).verdict), "invalid notation-time");
      assert.equal(gist(statementOf(at(-9), authority).verdict), "invalid notation-certificate-expired");
    });
    test("no Notation signer in the policy", () => assert.equal(gist(statementOf(make({ chain: good }), trusting()).verdict), "untrusted"));
    test("an authority that cannot be read", () => {
      for (const text of ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no PEM"])
        assert.equal(gist(statementOf(make({ chain: good }), trusting(signerOf(good, { authorities: [text] }))).verdict), "unknown notation-policy");
    });
    test("a subject whose manifest was not read", () => {
      const { registry, repository, digest } = SUBJECT;
      assert.equal(verdictOf(make({ chain: good }), good, { registry, repository, digest }), "unknown notation-subject-unread");
    });
    test("two layers, or none, or another media type", () => {
      const artifact = make({ chain: good });
      const [layer] = artifact.layers;
      assert.equal(verdictOf({ ...artifact, layers: [layer!, layer!] }), "invalid notation-layers");
      assert.equal(verdictOf({ ...artifact, layers: [] }), "invalid notation-layers");
      assert.equal(verdictOf({ ...artifact, layers: [{ ...layer!, mediaType: "application/json" }] }), "invalid notation-layers");
    });
    test("the other format's media type", () => {
      const [layer] = make({ chain: good }).layers;
      assert.equal(verdictOf(artifactOf(format === "JWS" ? COSE : JWS, layer!.bytes)), "invalid malformed");
    });
    test("a huge envelope", () => assert.equal(verdictOf(make({ chain: good, unsigned: { agent: "x".repeat(5_000_000) } })), "invalid too-large"));
    test("any byte of it changed, unless it says the same", () => {
      const bytes = make({ chain: good }).layers[0]!.bytes;
      const seen = new Set<string>();
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= 1 << (at % 8);
        const verdict = verdictOf(artifactOf(format === "JWS" ? JWS : COSE, changed));
        // The name of the agent that signed is the one thing that is neither signed nor read.
        if (verdict.startsWith("verified")) assert.match(Buffer.from(bytes.subarray(Math.max(0, at - 45), at + 45)).toString("latin1"), /signingAgent|notation\/1/);
        seen.add(verdict);
      }
      assert.ok(seen.size > 4);
    });
  });
}

describe("JWS is refused with", () => {
  const jws = (): Jws => makeJws({ chain: good });
  const changed = (change: (envelope: Jws & Record<string, unknown>) => void): string => {
    const envelope = jws();
    change(envelope as Jws & Record<string, unknown>);
    return verdictOf(jwsArtifact(envelope));
  };
  const text = (envelope: string): string => verdictOf(artifactOf(JWS, Buffer.from(envelope)));

  test("nothing changed, it is verified", () => assert.equal(changed(() => undefined), "verified release"));
  for (const algorithm of ["none", "HS256", "RS256", "EdDSA", "es256", ""]) test(`the algorithm "${algorithm}"`, () => assert.equal(verdictOf(jwsArtifact(makeJws({ chain: good, algorithm }))), "invalid notation-algorithm"));
  test("no algorithm", () => assert.equal(verdictOf(jwsArtifact(makeJws({ chain: good }, JSON.stringify({ cty: PAYLOAD_TYPE, crit: [SCHEME], ...signingTime() })))), "invalid notation-algorithm"));
  test("ES256 with P-384, signed so", () => {
    const chain = makeChain({ keys: ec("P-384") });
    assert.equal(verdictOf(jwsArtifact(makeJws({ chain, algorithm: "ES256" })), chain), "invalid notation-algorithm");
  });
  test("PKCS #1 v1.5 padding", () => {
    const chain = makeChain({ keys: rsa(2048) });
    assert.equal(verdictOf(jwsArtifact(makeJws({ chain, wrongPadding: true })), chain), "invalid notation-signature");
  });
  test("the payload of another signature", () => assert.equal(changed((one) => (one.payload = makeJws({ chain: good, payload: payloadOf({ digest: digestOf("b") }) }).payload)), "invalid notation-signature"));
  test("the protected header of another signature", () => assert.equal(changed((one) => (one.protected = makeJws({ chain: good, signed: signingTime(later(-5)) }).protected)), "invalid notation-signature"));
  test("an empty signature", () => assert.equal(changed((one) => (one.signature = "")), "invalid base64"));
  test("padding in base64url", () => assert.equal(changed((one) => (one.payload += "=")), "invalid base64"));
  test("plain base64 in place of base64url", () => assert.equal(changed((one) => (one.signature = `${Buffer.from(one.signature, "base64url").toString("base64")}\n`)), "invalid base64"));
  test("a line break in a certificate", () => assert.equal(changed((one) => (one.header["x5c"] = (one.header["x5c"] as string[]).map((each) => `${each}\n`))), "invalid base64"));
  test("a critical list in the unprotected header", () => assert.equal(changed((one) => (one.header["crit"] = [SCHEME])), "invalid malformed"));
  test("an algorithm in the unprotected header", () => assert.equal(changed((one) => (one.header["alg"] = "none")), "invalid malformed"));
  test("a signed attribute in the unprotected header", () => assert.equal(changed((one) => (one.header[EXPIRY] = later(9).toISOString())), "invalid malformed"));
  test("a second chain under another name of it", () => assert.equal(changed((one) => (one.header["X5C"] = one.header["x5c"])), "invalid duplicate-key"));
  test("two chains", () => assert.equal(text(JSON.stringify(jws()).replace('"header":{', `"header":{"x5c":${JSON.stringify(certificates(makeChain()).map((one) => one.der.toString("base64")))},`)), "invalid duplicate-key"));
  test("two payloads", () => assert.equal(text(JSON.stringify(jws()).replace("{", '{"payload":"e30",')), "invalid duplicate-key"));
  test("a key twice in the protected header", () => {
    const head = JSON.stringify({ alg: "ES256", cty: PAYLOAD_TYPE, crit: [SCHEME], [SCHEME]: "notary.x509", [SIGNING_TIME]: NOW.toISOString() });
    assert.equal(verdictOf(jwsArtifact(makeJws({ chain: good }, head))), "verified release");
    assert.equal(verdictOf(jwsArtifact(makeJws({ chain: good }, head.replace("{", '{"alg":"none",')))), "invalid duplicate-key");
  });
  test("the general serialisation with several signatures", () => {
    const { payload, ...one } = jws();
    assert.equal(text(JSON.stringify({ payload, signatures: [one, one] })), "invalid malformed");
  });
  test("the compact serialisation", () => assert.equal(text(`${jws().protected}.${jws().payload}.${jws().signature}`), "invalid malformed"));
  test("a field of its own", () => assert.equal(changed((one) => (one["signatures"] = [])), "invalid malformed"));
  test("bytes that are not UTF-8", () => assert.equal(verdictOf(artifactOf(JWS, Buffer.concat([Buffer.from('{"payload":"'), Buffer.of(0xff), Buffer.from('"}')]))), "invalid malformed"));
  test("a byte order mark", () => assert.equal(text(`\ufeff${JSON.stringify(jws())}`), "invalid malformed"));
  test("nothing, null, a number", () => assert.deepEqual(["", "null", "7"].map(text), Array.from({ length: 3 }, () => "invalid malformed")));
  test("__proto__ as a header", () => assert.equal(text(JSON.stringify(jws()).replace('"header":{', '"header":{"__proto__":{"alg":"none"},')), "verified release"));
});

describe("COSE is refused with", () => {
  const plain = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);
  const bytes = (value: unknown): string => verdictOf(artifactOf(COSE, Buffer.from(encode(value))));
  const raw = (hex: string): string => verdictOf(artifactOf(COSE, Buffer.from(hex, "hex")));

  test("no tag, or another one", () => {
    for (const tag of [null, 17, 97, 98]) assert.equal(verdictOf(artifactOf(COSE, makeCose({ chain: good, tag }))), "invalid malformed");
  });
  test("a tag in a tag", () => assert.equal(bytes(new Tag(18, new Tag(18, []))), "invalid malformed"));
  for (const algorithm of ["-257", "-8", "5", "1", "-37"]) test(`the algorithm ${algorithm}`, () => assert.equal(verdictOf(artifactOf(COSE, makeCose({ chain: good, algorithm }))), "invalid notation-algorithm"));
  test("the algorithm in the unprotected header", () => assert.equal(verdictOf(artifactOf(COSE, encodeWith((unsigned) => unsigned.set(1, -7)))), "invalid malformed"));
  test("a critical list in the unprotected header", () => assert.equal(verdictOf(artifactOf(COSE, encodeWith((unsigned) => unsigned.set(2, [SCHEME])))), "invalid malformed"));
  test("an expiry in the unprotected header", () => assert.equal(verdictOf(artifactOf(COSE, encodeWith((unsigned) => unsigned.set(EXPIRY, new Tag(1, 9e9))))), "invalid malformed"));
  test("nothing changed, it is verified", () => assert.equal(verdictOf(artifactOf(COSE, encodeWith((unsigned) => unsigned.set("agent", "x")))), "verified release"));
  test("three parts", () => assert.equal(bytes(new Tag(18, [plain(Buffer.from("a0", "hex")), new Map(), plain(Buffer.from("x"))])), "invalid malformed"));
  test("a payload that is elsewhere", () => assert.equal(bytes(new Tag(18, [plain(Buffer.from("a10126", "hex")), new Map(), null, plain(Buffer.from("x"))])), "invalid malformed"));
  test("a time without its tag, or in fractions", () => {
    assert.equal(verdictOf(artifactOf(COSE, makeCose({ chain: good, signed: { [SCHEME]: "notary.x509", [SIGNING_TIME]: 1_700_000_000 } }))), "invalid notation-time");
    assert.equal(verdictOf(artifactOf(COSE, makeCose({ chain: good, signed: { [SCHEME]: "notary.x509", [SIGNING_TIME]: new Tag(1, 1.5) } }))), "invalid notation-time");
  });
  test("a critical number", () => assert.equal(verdictOf(artifactOf(COSE, makeCose({ chain: good, critical: [SCHEME, 33] }))), "invalid notation-critical"));
  test("a label twice in the protected header, once in a longer encoding", () => {
    const head = encode(new Map<unknown, unknown>([[1, -7], [2, [SCHEME]], [3, PAYLOAD_TYPE], [SCHEME, "notary.x509"], [SIGNING_TIME, new Tag(1, 1_700_000_000)]]));
    const with_ = (extra: string): Uint8Array => Buffer.concat([Buffer.of(head[0]! + 1), head.subarray(1), Buffer.from(extra, "hex")]);
    assert.equal(verdictOf(artifactOf(COSE, makeCose({ chain: good, head }))), "verified release");
    assert.equal(verdictOf(artifactOf(COSE, makeCose({ chain: good, head: plain(with_("0126")) }))), "invalid malformed");
    assert.equal(verdictOf(artifactOf(COSE, makeCose({ chain: good, head: plain(with_("180126")) }))), "invalid malformed");
  });
  test("lists in lists in lists", () => assert.equal(raw(`d284${"81".repeat(200_000)}00`), "invalid malformed"));
  test("tags in tags in tags", () => assert.equal(raw(`${"d2".repeat(200_000)}00`), "invalid malformed"));
  test("a list, a map and a text that say they are endless", () => {
    for (const hex of ["d29bffffffffffffffff", "d29affffffff00", "d2bbffffffffffffffff", "d2baffffffff00", "d27affffffff00", "d29f", "d25f40ff", "d2"]) assert.equal(raw(hex), "invalid malformed");
  });
  test("bytes after it", () => assert.equal(verdictOf(artifactOf(COSE, Buffer.concat([makeCose({ chain: good }), Buffer.of(0)]))), "invalid malformed"));
  test("nothing", () => assert.equal(raw(""), "invalid malformed"));

  function encodeWith(change: (unsigned: Map<unknown, unknown>) => void): Buffer {
    const more = new Map<unknown, unknown>();
    change(more);
    return makeCose({ chain: good, unsignedMore: more });
  }
});

test("one that is wrong does not speak against another that is right", () => {
  const chains: readonly Chain[] = [makeChain(), good];
  assert.deepEqual(chains.map((chain) => gist(statementOf(jwsArtifact(makeJws({ chain })), trust).verdict)), ["untrusted", "verified release"]);
});
