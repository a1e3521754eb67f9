/** Who signed: certificates that are not what they should be, and names that only look like ours. */
import { generateKeyPairSync } from "node:crypto";
import type { Signer } from "../../../src/model/evidence.ts";
import { BODIES, bundleOf, by, certificateOf, envelopeOf, keylessBundle, legacySignature, payloadOf, statementOf } from "../make/artifacts.ts";
import { authority, certificate, type CertificateOptions, CODE_SIGNING, ecKey, email, extension, FULCIO, KEY_USAGE, keyUsage, names, pemOf, purposes, SERVER_AUTH, TIME_STAMPING, uri } from "../make/certificates.ts";
import { bits, implicit, octets, sequence, tlv, utf8 } from "../make/der.ts";
import { after, IDENTITY, ISSUER, issuerBefore, issuerNow, keyless, type LeafOptions, type SigningCertificate } from "../make/sigstore.ts";
import { type Attack, changed, elsewhere, ours, release, roots, sigstore } from "./attack.ts";

const withLeaf = (options: LeafOptions): Attack["make"] => () => ({ artifact: keylessBundle(sigstore, { certificate: sigstore.certificate(options) }), trust: release });
const withCertificate = (make: () => SigningCertificate): Attack["make"] => () => ({ artifact: keylessBundle(sigstore, { certificate: make() }), trust: release });
const known = (signer: Partial<Extract<Signer, { is: "keyless" }>>, options: LeafOptions = {}): Attack["make"] => () =>
  ({ artifact: keylessBundle(sigstore, { certificate: sigstore.certificate(options) }), trust: { signers: [keyless(signer)], roots: roots() } });
const certificateFrom = (der: Buffer, pair = ecKey()): SigningCertificate => ({ keys: pair, der, pem: pemOf("CERTIFICATE", der) });

/** A certificate that its own key signs, with all that a good one has. */
function selfMade(): SigningCertificate {
  const pair = ecKey();
  return certificateFrom(certificate({ subject: "middle", issuer: "middle", publicKey: pair.publicKey, signWith: pair.privateKey, from: after(0), to: after(10), extensions: [keyUsage(KEY_USAGE.digitalSignature), purposes([CODE_SIGNING]), names(uri(IDENTITY)), issuerNow(ISSUER)] }), pair);
}

/** A leaf that a leaf of ours has issued. */
function byLeaf(): SigningCertificate {
  const between = sigstore.certificate();
  const pair = ecKey();
  return certificateFrom(certificate({ subject: "", issuer: "", publicKey: pair.publicKey, signWith: between.keys.privateKey, from: after(0), to: after(10), extensions: [keyUsage(KEY_USAGE.digitalSignature), purposes([CODE_SIGNING]), names(uri(IDENTITY)), issuerNow(ISSUER)] }), pair);
}

const EVIL = "https://evil.example/?x=https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1";
const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
const weak = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A good certificate with some of its bytes exchanged by ones of the same length. */
function withBytes(from: string | Buffer, to: string | Buffer): SigningCertificate {
  const good = sigstore.certificate();
  const der = Buffer.from(good.der);
  der.set(Buffer.from(to), der.indexOf(from));
  return certificateFrom(der, good.keys);
}

const deep = (depth: number): Buffer => { let value = tlv(0x05); for (let at = 0; at < depth; at++) value = sequence(value); return value; };

export const IDENTITIES: readonly Attack[] = [
  // Names that only look like ours, and patterns that are met by more than they should.
  { name: "our pattern inside of another identity", refused: "untrusted", make: known({ match: "glob", identity: "https://github.com/acme/**" }, { names: [uri(EVIL)] }) },
  { name: "our identity with more behind it", refused: "untrusted", make: known({}, { names: [uri(`${IDENTITY}.evil`)] }) },
  { name: "our identity with more behind it, for a pattern", refused: "untrusted", make: known({ match: "glob", identity: "https://github.com/acme/*/.github/workflows/release.yml@refs/tags/v1" }, { names: [uri("https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v10")] }) },
  { name: "a star that should reach over a slash", refused: "untrusted", make: known({ match: "glob", identity: "https://github.com/acme/*" }) },
  { name: "a dot of a pattern that should be any character", refused: "untrusted", make: known({ match: "glob", identity: "https://github.com/**" }, { names: [uri("https://githubxcom/acme/app")] }) },
  { name: "our identity in capital letters", refused: "untrusted", make: known({}, { names: [uri(IDENTITY.toUpperCase())] }) },
  { name: "our identity, vouched for by another issuer", refused: "untrusted", make: known({}, { issuer: [issuerBefore("https://evil.example"), issuerNow("https://evil.example")] }) },
  { name: "an issuer that begins like ours", refused: "untrusted", make: known({}, { issuer: [issuerNow(`${ISSUER}.evil.example`)] }) },
  { name: "no signer in the policy", refused: "untrusted", make: () => ({ artifact: keylessBundle(sigstore), trust: { signers: [], roots: roots() } }) },
  { name: "an extension with another value", refused: "untrusted", make: known({ extensions: { 12: "https://github.com/acme/app" } }, { more: [extension(`${FULCIO}.12`, utf8("https://github.com/evil/app"))] }) },
  { name: "an extension that is not there", refused: "untrusted", make: known({ extensions: { 12: "https://github.com/acme/app" } }) },
  { name: "an extension's value that is not a text", refused: "untrusted", make: known({ extensions: { 12: "https://github.com/acme/app" } }, { more: [extension(`${FULCIO}.12`, octets(Buffer.from("https://github.com/acme/app")))] }) },
  { name: "both issuers, and they differ", refused: "issuer-ambiguous", make: withLeaf({ issuer: [issuerBefore("https://evil.example"), issuerNow(ISSUER)] }) },
  { name: "nobody who vouches", refused: "issuer-missing", make: withLeaf({ issuer: [] }) },
  { name: "two identities", refused: "identity-ambiguous", make: withLeaf({ names: [uri("https://evil.example"), uri(IDENTITY)] }) },
  { name: "no identity", refused: "identity-missing", make: withLeaf({ names: [] }) },
  { name: "an identity of another kind", refused: "identity-missing", make: withLeaf({ names: [implicit(2, Buffer.from("acme.example"))] }) },
  { name: "an identity with a line break in it", refused: "identity-missing", make: withLeaf({ names: [email("jo@acme.example\nverified")] }) },
  { name: "an identity with a zero in it", refused: "identity-missing", make: withLeaf({ names: [uri(`${IDENTITY}\0.evil`)] }) },

  // What a certificate may do.
  { name: "a certificate for servers", refused: "certificate-purpose", make: withLeaf({ purposes: [SERVER_AUTH] }) },
  { name: "a certificate for timestamps", refused: "certificate-purpose", make: withLeaf({ purposes: [TIME_STAMPING] }) },
  { name: "a certificate for any purpose", refused: "certificate-purpose", make: withLeaf({ purposes: ["2.5.29.37.0"] }) },
  { name: "a certificate that may not sign", refused: "certificate-usage", make: withLeaf({ usage: bits(Buffer.from([0x20]), 5) }) },
  { name: "an authority as a signer", refused: "certificate-is-authority", make: withLeaf({ more: [authority] }) },
  { name: "a signer that may sign certificates", refused: "certificate-is-authority", make: withLeaf({ usage: bits(Buffer.from([0x84]), 2) }) },
  { name: "a critical extension that nobody knows", refused: "certificate-critical", make: withLeaf({ more: [extension("1.2.3.4.5", utf8("?"), true)] }) },
  { name: "an extension twice", refused: "certificate-malformed", make: withLeaf({ more: [extension(`${FULCIO}.8`, utf8("https://evil.example"))] }) },
  { name: "a certificate signed with SHA-1", refused: "certificate-algorithm", make: withLeaf({ hash: "sha1" }) },
  { name: "a certificate that names two algorithms", refused: "certificate-algorithm", make: withCertificate(() => withBytes(Buffer.from("2a8648ce3d040303", "hex"), Buffer.from("2a8648ce3d040302", "hex"))) },
  { name: "a key of 1024 bits in a certificate", refused: "key-unsupported", make: withLeaf({ keys: rsa }) },
  { name: "a key of a curve that is not accepted", refused: "key-unsupported", make: withLeaf({ keys: ecKey("secp256k1") }) },
  { name: "a certificate that ends before it begins", refused: "certificate-malformed", make: withLeaf({ from: after(10), to: after(0) }) },

  // Chains.
  { name: "a certificate of another Sigstore", refused: "certificate-root-unknown", make: withCertificate(() => elsewhere.certificate()) },
  { name: "a certificate that nobody signed", refused: "certificate-root-unknown", make: withCertificate(selfMade) },
  { name: "a certificate that a signer's certificate signed", refused: "certificate-root-unknown", make: withCertificate(byLeaf) },
  { name: "a certificate with another identity written into it", refused: "certificate-root-unknown", make: withCertificate(() => withBytes("acme/app", "evil/app")) },
  { name: "a chain beside the signature that leads to a root of its own", refused: "certificate-root-unknown", make: () => {
    const certificate = elsewhere.certificate();
    const payload = payloadOf();
    const signature = by(certificate.keys.privateKey)(payload);
    const entry = sigstore.rekor.enter(BODIES.hashedrekord(payload, signature, certificate.pem), after(1));
    return { artifact: legacySignature(payload, signature, { certificate, entry }, { "dev.sigstore.cosign/chain": pemOf("CERTIFICATE", elsewhere.middle) + pemOf("CERTIFICATE", elsewhere.root) }), trust: release };
  } },
  { name: "a chain in a bundle of 0.3", refused: "chain-not-allowed", make: () => ({ artifact: keylessBundle(sigstore, { material: { certificate: undefined, x509CertificateChain: { certificates: [{ rawBytes: sigstore.certificate().der.toString("base64") }] } } }), trust: release }) },
  { name: "a root in the chain of an older bundle", refused: "chain-has-root", make: () => {
    const certificate = elsewhere.certificate();
    const envelope = envelopeOf(statementOf(), by(certificate.keys.privateKey));
    const certificates = [certificate.der, elsewhere.middle, elsewhere.root].map((der) => ({ rawBytes: der.toString("base64") }));
    return { artifact: bundleOf({ dsseEnvelope: envelope.json }, { x509CertificateChain: { certificates } }, "application/vnd.dev.sigstore.bundle+json;version=0.1"), trust: release };
  } },
  { name: "an authority that is no authority", refused: "certificate-chain", make: () => authorities(middle({ extensions: [keyUsage(KEY_USAGE.digitalSignature)] }), sigstore.root) },
  { name: "an authority that may issue no certificates", refused: "certificate-chain", make: () => authorities(middle({ extensions: [authority, keyUsage(KEY_USAGE.digitalSignature)] }), sigstore.root) },
  { name: "an authority for servers", refused: "certificate-chain", make: () => authorities(middle({ extensions: [authority, keyUsage(KEY_USAGE.keyCertSign), purposes([SERVER_AUTH])] }), sigstore.root) },
  { name: "an authority signed with SHA-1", refused: "certificate-chain", make: () => authorities(middle({ signWith: weak.privateKey, hash: "sha1" }), certificate({ subject: "root", issuer: "root", publicKey: weak.publicKey, signWith: weak.privateKey, extensions: [authority, keyUsage(KEY_USAGE.keyCertSign)], from: after(-1000), to: after(1000) })) },
  { name: "an authority signed with SHA-224", refused: "certificate-algorithm", make: () => authorities(middle({ hash: "sha224" }), sigstore.root) },
  { name: "a root that is left out of the trust root", refused: "certificate-chain", make: () => authorities(sigstore.middle) },
  { name: "an authority whose certificate had expired", refused: "authority-time", make: () => authorities(middle({ to: after(-1) }), sigstore.root) },
  { name: "an authority that was no longer trusted", refused: "authority-time", make: () => ({ artifact: keylessBundle(sigstore), trust: { signers: [keyless()], roots: changed((root) => { root["certificateAuthorities"]![0]!["validFor"] = { start: after(-1000).toISOString(), end: after(-1).toISOString() }; }) } }) },
  { name: "no trust root", refused: "certificate-root-unknown", make: () => ({ artifact: keylessBundle(sigstore), trust: { signers: [keyless()], roots: [] } }) },
  { name: "a trust root that is not one", refused: "trust-root-unreadable", make: () => ({ artifact: keylessBundle(sigstore), trust: { signers: [keyless()], roots: [{ ...roots()[0]!, json: '{"tlogs":7}' }] } }) },

  // Receipts of certificate logs.
  { name: "no receipt of a certificate log", refused: "sct-missing", make: withLeaf({ logs: [] }) },
  { name: "a receipt of a certificate log that is not ours", refused: "sct-invalid", make: withLeaf({ logs: [elsewhere.certificateLog] }) },
  { name: "one receipt twice, where two are wanted", refused: "sct-missing", make: () => ({ artifact: keylessBundle(sigstore, { certificate: sigstore.certificate({ logs: [sigstore.certificateLog, sigstore.certificateLog] }) }), trust: { signers: [keyless()], roots: roots({}, { certificateLog: 2 }) } }) },
  { name: "a good receipt beside one of a stranger", refused: "sct-invalid", make: withLeaf({ logs: [sigstore.certificateLog, elsewhere.certificateLog] }) },
  { name: "a receipt that was wanted from a root without such logs", refused: "sct-missing", make: () => ({ artifact: keylessBundle(sigstore), trust: { signers: [keyless()], roots: roots({ ctlogs: [] }) } }) },

  // Certificates that are hard to read.
  { name: "a certificate that is nested a thousand times", refused: "certificate-malformed", make: withLeaf({ more: [sequence(deep(1000))] }) },
  { name: "a certificate with a hundred thousand nestings", refused: "certificate-malformed", make: withCertificate(() => certificateFrom(Buffer.concat([Buffer.from("3080".repeat(100_000), "hex")]))) },
  { name: "an extension that is nested deeply inside of its octets", refused: "certificate-malformed", make: withLeaf({ more: [extension("2.5.29.19", deep(500))] }) },
  { name: "bytes behind the certificate", refused: "certificate-malformed", make: withCertificate(() => { const good = sigstore.certificate(); return certificateFrom(Buffer.concat([good.der, Buffer.from([0])]), good.keys); }) },
  { name: "a certificate of no bytes that make sense", refused: "certificate-malformed", make: withCertificate(() => certificateFrom(Buffer.from("deadbeef", "hex"))) },
  { name: "a certificate larger than any", refused: "certificate-malformed", make: withLeaf({ more: [extension("1.2.3", octets(Buffer.alloc(70_000)))] }) },
  { name: "a private key where the certificate should be", refused: "certificate-malformed", make: () => ({ artifact: legacySignature(payloadOf(), by(ecKey().privateKey)(payloadOf()), { certificate: { keys: ecKey(), der: Buffer.alloc(0), pem: ecKey().privateKey.export({ type: "pkcs8", format: "pem" }).toString() } }), trust: release }) },

  // The signature itself.
  { name: "a certificate of somebody else beside a signature", refused: "signature-mismatch", make: () => {
    const mine = sigstore.certificate();
    const envelope = envelopeOf(statementOf(), by(ecKey().privateKey));
    return { artifact: bundleOf({ dsseEnvelope: envelope.json }, certificateOf(mine)), trust: release };
  } },
  { name: "a statement exchanged under a keyless signature", refused: "signature-mismatch", make: () => {
    const certificate = sigstore.certificate();
    const { json } = envelopeOf(statementOf(), by(certificate.keys.privateKey));
    return { artifact: bundleOf({ dsseEnvelope: { ...json, payload: statementOf({ predicate: { evil: true } }).toString("base64") } }, certificateOf(certificate)), trust: release };
  } },
  { name: "a keyless signature where the policy wants a key", refused: "untrusted", make: () => ({ artifact: keylessBundle(sigstore), trust: { ...ours, roots: roots() } }) },
  { name: "a certificate left out for the hint of a key", refused: "no-key-fits", make: () => ({ artifact: keylessBundle(sigstore, { material: { certificate: undefined, publicKey: { hint: "" } } }), trust: ours }) },
];

/** Bundles as ever, against a trust root with these authorities in place of ours. */
function authorities(...chain: readonly Buffer[]): ReturnType<Attack["make"]> {
  return { artifact: keylessBundle(sigstore), trust: { signers: [keyless()], roots: changed((root) => { root["certificateAuthorities"]![0]!["certChain"] = chainOf(...chain); }) } };
}

/** The authority in the middle, otherwise. */
function middle(change: Partial<CertificateOptions>): Buffer {
  return certificate({ subject: "middle", issuer: "root", publicKey: sigstore.middleKeys.publicKey, signWith: sigstore.rootKeys.privateKey, hash: "sha384", extensions: [authority, keyUsage(KEY_USAGE.keyCertSign)], from: after(-1000), to: after(1000), ...change });
}

function chainOf(...chain: readonly Buffer[]): unknown {
  return { certificates: chain.map((der) => ({ rawBytes: der.toString("base64") })) };
}
