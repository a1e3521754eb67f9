/** Envelopes and chains that are wrong in one way each, and the code of each: refused by lading, and put to notation itself. */
import { basicConstraints, ec, extendedKeyUsage, keyUsage, OIDS, rsa } from "./der.ts";
import { certificates, type ChainOptions, digestOf, type EnvelopeOptions, later, makeChain, NOW, payloadOf, signingTime } from "./notation-world.ts";

export const SCHEME = "io.cncf.notary.signingScheme";
export const SIGNING_TIME = "io.cncf.notary.signingTime";
export const AUTHENTIC = "io.cncf.notary.authenticSigningTime";
export const EXPIRY = "io.cncf.notary.expiry";

export const good = makeChain();

/** The same lie in both formats. */
export const LIES: Readonly<Record<string, readonly [code: string, lie: Partial<EnvelopeOptions>]>> = {
  "an unknown critical attribute": ["invalid notation-critical", { critical: [SCHEME, "com.example.trust"], signed: { ...signingTime(), "com.example.trust": "yes" } }],
  "a critical attribute that is not there": ["invalid notation-critical", { critical: [SCHEME, EXPIRY] }],
  "a critical attribute named twice": ["invalid notation-critical", { critical: [SCHEME, SCHEME] }],
  "a signing scheme that is not critical": ["invalid notation-critical", { critical: [SIGNING_TIME] }],
  "an expiry that is not critical": ["invalid notation-critical", { signed: { ...signingTime(), [EXPIRY]: later(1) } }],
  "critical attributes that are no list": ["invalid notation-critical", { critical: SCHEME }],
  "no critical attribute": ["invalid notation-critical", { critical: [] }],
  "a registered header as critical": ["invalid notation-critical", { critical: [SCHEME, "alg"] }],
  "no signing scheme": ["invalid notation-scheme", { signed: { [SIGNING_TIME]: NOW } }],
  "another signing scheme": ["invalid notation-scheme", { signed: { ...signingTime(), [SCHEME]: "notary.x509.other" } }],
  "an authentic time without a signing authority": ["invalid notation-scheme", { signed: { ...signingTime(), [AUTHENTIC]: NOW } }],
  "a signing authority without its time": ["invalid notation-critical", { signed: { [SCHEME]: "notary.x509.signingAuthority" } }],
  "no signing time": ["invalid notation-time", { signed: { [SCHEME]: "notary.x509" } }],
  "a signing time that is none": ["invalid notation-time", { signed: { [SCHEME]: "notary.x509", [SIGNING_TIME]: "yesterday" } }],
  "an expiry before the signing time": ["invalid notation-time", { critical: [SCHEME, EXPIRY], signed: { ...signingTime(), [EXPIRY]: later(-1) } }],
  "an expiry that has passed": ["invalid notation-expired", { critical: [SCHEME, EXPIRY], signed: { ...signingTime(later(-2)), [EXPIRY]: later(-1) } }],
  "another content type": ["invalid notation-content-type", { contentType: "application/json" }],
  "a plugin that has to be asked": ["unknown notation-plugin", { critical: [SCHEME, "io.cncf.notary.verificationPlugin"], signed: { ...signingTime(), "io.cncf.notary.verificationPlugin": "com.example.plugin" } }],
  "a plugin that is not critical": ["invalid notation-critical", { signed: { ...signingTime(), "io.cncf.notary.verificationPlugin": "com.example.plugin" } }],
  "an algorithm for another curve": ["invalid notation-algorithm", { algorithm: "ES384" }],
  "an algorithm for another kind of key": ["invalid notation-algorithm", { algorithm: "PS256" }],
  "a signature in DER": ["invalid notation-signature", { wrongPadding: true }],
  "another digest": ["invalid subject-mismatch", { payload: payloadOf({ digest: digestOf("another") }) }],
  "another size": ["invalid subject-mismatch", { payload: payloadOf({ size: 9 }) }],
  "a size as text": ["invalid notation-payload", { payload: payloadOf({ size: "8" }) }],
  "another media type": ["invalid subject-mismatch", { payload: payloadOf({ mediaType: "application/vnd.oci.image.index.v1+json" }) }],
  "no media type": ["invalid notation-payload", { payload: payloadOf({ mediaType: undefined }) }],
  "a payload that is not JSON": ["invalid malformed", { payload: "signed" }],
  "a payload that is a list": ["invalid malformed", { payload: `[${payloadOf()}]` }],
  "a payload about nothing": ["invalid malformed", { payload: "{}" }],
  "a payload with a key twice": ["invalid duplicate-key", { payload: payloadOf().replace("{", `{"targetArtifact":{"digest":"${digestOf("another")}"},`) }],
  "a target with a key twice, once escaped": ["invalid duplicate-key", { payload: payloadOf().replace('"size"', `"\\u0064igest":"${digestOf("another")}","size"`) }],
  "a target with a key in two cases": ["invalid duplicate-key", { payload: payloadOf().replace('"size"', `"Digest":"${digestOf("another")}","size"`) }],
  "a payload nested deeply": ["invalid too-deep", { payload: payloadOf().replace('"size"', `"x":${"[".repeat(5000)}${"]".repeat(5000)},"size"`) }],
  "no certificates": ["invalid malformed", { sent: [] }],
  "a certificate that is none": ["invalid notation-certificate-malformed", { sent: [Buffer.from("certificate")] }],
  "bytes after a certificate": ["invalid notation-certificate-malformed", { sent: certificates(good).map((one, index) => (index === 0 ? Buffer.concat([one.der, Buffer.of(0)]) : one.der)) }],
  "a chain out of order": ["invalid notation-chain-order", { sent: [good.leaf.der, good.issuers[1]!.der, good.issuers[0]!.der] }],
  "a chain with the leaf last": ["invalid notation-chain-order", { sent: certificates(good).map((one) => one.der).reverse() }],
  "a chain without its root": ["invalid notation-chain-root", { sent: [good.leaf.der, good.issuers[0]!.der] }],
  "a chain without its intermediate": ["invalid notation-chain-order", { sent: [good.leaf.der, good.issuers[1]!.der] }],
  "a root that is sent twice": ["invalid notation-chain-order", { sent: [...certificates(good), good.issuers[1]!].map((one) => one.der) }],
  "certificates that do not belong to the chain": ["invalid notation-chain-order", { sent: [...certificates(good), ...certificates(makeChain())].map((one) => one.der) }],
  "more certificates than anybody needs": ["invalid too-many", { sent: Array.from({ length: 500 }, () => good.leaf.der) }],
  "the chain of another signer": ["invalid notation-signature", { sent: certificates(makeChain()).map((one) => one.der) }],
};

/** Chains that no envelope should be believed with, although its signature is right. */
export const CHAINS: Readonly<Record<string, readonly [code: string, chain: ChainOptions]>> = {
  "a leaf that is an authority": ["invalid notation-leaf", { leaf: { extensions: [basicConstraints(true), keyUsage([0])] } }],
  "a leaf for TLS servers": ["invalid notation-leaf", { leaf: { extensions: [keyUsage([0]), extendedKeyUsage([OIDS.serverAuth])] } }],
  "a leaf for code and TLS servers": ["invalid notation-leaf", { leaf: { extensions: [keyUsage([0]), extendedKeyUsage([OIDS.codeSigning, OIDS.serverAuth])] } }],
  "a leaf for any purpose": ["invalid notation-leaf", { leaf: { extensions: [keyUsage([0]), extendedKeyUsage(["2.5.29.37.0"])] } }],
  "a leaf for timestamps": ["invalid notation-leaf", { leaf: { extensions: [keyUsage([0]), extendedKeyUsage([OIDS.timeStamping], true)] } }],
  "a leaf without key usage": ["invalid notation-leaf", { leaf: { extensions: [extendedKeyUsage([OIDS.codeSigning])] } }],
  "a leaf whose key usage is not critical": ["invalid notation-leaf", { leaf: { extensions: [keyUsage([0], false)] } }],
  "a leaf that may not sign": ["invalid notation-leaf", { leaf: { extensions: [keyUsage([2])] } }],
  "a leaf that may encipher too": ["invalid notation-leaf", { leaf: { extensions: [keyUsage([0, 2])] } }],
  "a leaf that may decipher only": ["invalid notation-leaf", { leaf: { extensions: [keyUsage([0, 8])] } }],
  "a leaf with its key usage twice": ["invalid notation-certificate-malformed", { leaf: { extensions: [keyUsage([0]), keyUsage([5])] } }],
  "a leaf signed with SHA-1": ["invalid notation-weak-certificate", { leaf: { hash: "sha1" } }],
  "an intermediate signed with SHA-1": ["invalid notation-weak-certificate", { intermediate: { hash: "sha1" } }],
  "an intermediate that is no authority": ["invalid notation-certificate-authority", { intermediate: { extensions: [keyUsage([5])] } }],
  "an intermediate whose constraints are not critical": ["invalid notation-certificate-authority", { intermediate: { extensions: [basicConstraints(true, 0, false), keyUsage([5])] } }],
  "an intermediate that may not issue": ["invalid notation-certificate-authority", { intermediate: { extensions: [basicConstraints(true, 0), keyUsage([0])] } }],
  "a root that may have no authority below it": ["invalid notation-certificate-authority", { root: { extensions: [basicConstraints(true, 0), keyUsage([5])] } }],
  "a leaf that has expired": ["invalid notation-certificate-expired", { leaf: { from: later(-3), to: later(-1) } }],
  "a leaf that is not yet valid": ["invalid notation-certificate-expired", { leaf: { from: later(1), to: later(3) } }],
  "an intermediate that has expired": ["invalid notation-certificate-expired", { intermediate: { from: later(-3), to: later(-1) } }],
  "a root that has expired": ["invalid notation-certificate-expired", { root: { from: later(-3), to: later(-1) } }],
  "an RSA key of 1024 bits": ["invalid notation-key", { keys: rsa(1024) }],
  "a curve that Notation does not know": ["invalid notation-key", { keys: ec("secp256k1") }],
};
