/** A private Sigstore: certificate authority, certificate log, two transparency logs and a timestamp authority. */
import { sign } from "node:crypto";
import type { Signer, TrustRoot } from "../../../src/model/evidence.ts";
import {
  authority, certificate, type CertificateOptions, CODE_SIGNING, ecKey, extension, FULCIO, KEY_USAGE, keyUsage, type KeyPair, name, names, pemOf, purposes, sha256, spki, TIME_STAMPING,
  toBeSigned, uri,
} from "./certificates.ts";
import { context, generalizedTime, integer, octets, oid, sequence, set, utf8 } from "./der.ts";
import { Log } from "./log.ts";

export const MINUTE = 60_000;
/** When everything here is signed, and when it is judged. */
export const SIGNED = new Date("2026-06-01T12:00:00Z");
export const NOW = new Date("2026-06-02T08:00:00Z");
export const after = (minutes: number): Date => new Date(SIGNED.getTime() + minutes * MINUTE);
const YEAR = 365 * 24 * 60;

export const IDENTITY = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";
export const ISSUER = "https://token.actions.githubusercontent.com";

export interface LeafOptions {
  readonly keys?: KeyPair;
  readonly names?: readonly Buffer[];
  readonly usage?: Buffer;
  readonly purposes?: readonly string[];
  /** In place of Fulcio's two extensions about the issuer. */
  readonly issuer?: readonly Buffer[];
  readonly more?: readonly Buffer[];
  readonly from?: Date;
  readonly to?: Date;
  readonly hash?: CertificateOptions["hash"];
  /** The certificate logs that it is entered in; default: the one that is trusted. */
  readonly logs?: readonly KeyPair[];
  readonly signWith?: KeyPair;
}

export interface SigningCertificate {
  readonly keys: KeyPair;
  readonly der: Buffer;
  readonly pem: string;
}

export interface StampOptions {
  readonly time?: Date;
  readonly status?: number;
  readonly signWith?: KeyPair;
  readonly serial?: number;
  readonly imprint?: { readonly algorithm: string; readonly digest: Buffer };
}

export const issuerNow = (text: string): Buffer => extension(`${FULCIO}.8`, utf8(text));
export const issuerBefore = (text: string): Buffer => extension(`${FULCIO}.1`, Buffer.from(text));

const SHA256 = "2.16.840.1.101.3.4.2.1";

export class Sigstore {
  readonly rootKeys = ecKey("secp384r1");
  readonly middleKeys = ecKey("secp384r1");
  readonly root = certificate({ subject: "root", issuer: "root", publicKey: this.rootKeys.publicKey, signWith: this.rootKeys.privateKey, hash: "sha384", extensions: [authority, keyUsage(KEY_USAGE.keyCertSign)], from: after(-YEAR), to: after(10 * YEAR) });
  readonly middle = certificate({ subject: "middle", issuer: "root", publicKey: this.middleKeys.publicKey, signWith: this.rootKeys.privateKey, hash: "sha384", extensions: [authority, keyUsage(KEY_USAGE.keyCertSign), purposes([CODE_SIGNING])], from: after(-YEAR), to: after(5 * YEAR) });
  readonly certificateLog = ecKey();
  readonly rekor = new Log("rekor.acme.example");
  readonly rekor2 = new Log("log2026.rekor.acme.example");
  readonly stampKeys = ecKey();
  readonly stampRootKeys = ecKey();
  readonly stampRoot = certificate({ subject: "stamps root", issuer: "stamps root", publicKey: this.stampRootKeys.publicKey, signWith: this.stampRootKeys.privateKey, extensions: [authority, keyUsage(KEY_USAGE.keyCertSign)], from: after(-YEAR), to: after(10 * YEAR) });

  stampLeaf(extensions: readonly Buffer[] = [keyUsage(KEY_USAGE.digitalSignature), purposes([TIME_STAMPING], true)], to = after(5 * YEAR)): Buffer {
    return certificate({ subject: "stamps", issuer: "stamps root", publicKey: this.stampKeys.publicKey, signWith: this.stampRootKeys.privateKey, serial: 99, extensions, from: after(-YEAR), to });
  }

  /** A signer's certificate. */
  certificate(options: LeafOptions = {}): SigningCertificate {
    const keys = options.keys ?? ecKey();
    const { privateKey: signWith, publicKey: issuerKey } = options.signWith ?? this.middleKeys;
    const unlogged: CertificateOptions = {
      subject: "", issuer: "middle", publicKey: keys.publicKey, signWith, hash: options.hash ?? "sha384", from: options.from ?? after(0), to: options.to ?? after(10),
      extensions: [
        keyUsage(options.usage ?? KEY_USAGE.digitalSignature), purposes(options.purposes ?? [CODE_SIGNING]), names(...(options.names ?? [uri(IDENTITY)])),
        ...(options.issuer ?? [issuerBefore(ISSUER), issuerNow(ISSUER)]), ...(options.more ?? []),
      ],
    };
    const receipts = (options.logs ?? [this.certificateLog]).map((log) => receipt(log, toBeSigned(unlogged), spki(issuerKey), unlogged.from));
    const list = Buffer.concat(receipts.map((one) => Buffer.concat([uint(one.length, 2), one])));
    const logged = receipts.length === 0 ? [] : [extension("1.3.6.1.4.1.11129.2.4.2", octets(Buffer.concat([uint(list.length, 2), list])))];
    const der = certificate({ ...unlogged, extensions: [...unlogged.extensions, ...logged] });
    return { keys, der, pem: pemOf("CERTIFICATE", der) };
  }

  /** An RFC 3161 answer. */
  stamp(bytes: Buffer, options: StampOptions = {}): Buffer {
    const imprint = options.imprint ?? { algorithm: SHA256, digest: sha256(bytes) };
    const info = sequence(integer(1), oid("1.2.3.4"), sequence(sequence(oid(imprint.algorithm)), octets(imprint.digest)), integer(1234), generalizedTime(options.time ?? after(1)));
    const attributes = [sequence(oid("1.2.840.113549.1.9.3"), set(oid("1.2.840.113549.1.9.16.1.4"))), sequence(oid("1.2.840.113549.1.9.4"), set(octets(sha256(info))))];
    const signature = sign("sha256", set(...attributes), (options.signWith ?? this.stampKeys).privateKey);
    const signer = sequence(integer(1), sequence(name("stamps root"), integer(options.serial ?? 99)), sequence(oid(SHA256)), context(0, ...attributes), sequence(oid("1.2.840.10045.4.3.2")), octets(signature));
    const data = sequence(integer(3), set(sequence(oid(SHA256))), sequence(oid("1.2.840.113549.1.9.16.1.4"), context(0, octets(info))), set(signer));
    return sequence(sequence(integer(options.status ?? 0)), sequence(oid("1.2.840.113549.1.7.2"), context(0, data)));
  }

  /** `trusted_root.json`, with some of its fields otherwise. */
  trustedRoot(change: Readonly<Record<string, unknown>> = {}): string {
    const start = after(-YEAR).toISOString();
    const raw = (der: Buffer): { rawBytes: string } => ({ rawBytes: der.toString("base64") });
    const log = (keys: KeyPair, host: string): unknown => ({
      baseUrl: `https://${host}`, hashAlgorithm: "SHA2_256", logId: { keyId: sha256(spki(keys.publicKey)).toString("base64") },
      publicKey: { ...raw(spki(keys.publicKey)), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor: { start } },
    });
    return JSON.stringify({
      mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
      certificateAuthorities: [{ subject: { commonName: "root" }, uri: "https://fulcio.acme.example", certChain: { certificates: [raw(this.middle), raw(this.root)] }, validFor: { start } }],
      ctlogs: [log(this.certificateLog, "ct.acme.example")],
      tlogs: [log(this.rekor.keys, this.rekor.host), log(this.rekor2.keys, this.rekor2.host)],
      timestampAuthorities: [{ subject: { commonName: "stamps" }, uri: "https://tsa.acme.example", certChain: { certificates: [raw(this.stampLeaf()), raw(this.stampRoot)] }, validFor: { start } }],
      ...change,
    });
  }

  trust(change: Readonly<Record<string, unknown>> = {}, thresholds: Partial<TrustRoot["thresholds"]> = {}): TrustRoot {
    return { name: "acme", json: this.trustedRoot(change), file: "trusted_root.json", thresholds: { log: 1, certificateLog: 1, timestamp: 1, ...thresholds } };
  }
}

const uint = (value: number, bytes: number): Buffer => Buffer.from(value.toString(16).padStart(bytes * 2, "0"), "hex");

/** A signed certificate timestamp (RFC 6962, 3.2). */
function receipt(log: KeyPair, tbs: Buffer, issuerKey: Buffer, time: Date): Buffer {
  const head = Buffer.concat([uint(0, 1), sha256(spki(log.publicKey)), uint(time.getTime(), 8), uint(0, 2)]);
  const signed = Buffer.concat([uint(0, 2), uint(time.getTime(), 8), uint(1, 2), sha256(issuerKey), uint(tbs.length, 3), tbs, uint(0, 2)]);
  const signature = sign("sha256", signed, log.privateKey);
  return Buffer.concat([head, uint(4, 1), uint(3, 1), uint(signature.length, 2), signature]);
}

export const keyless = (change: Partial<Extract<Signer, { is: "keyless" }>> = {}): Signer => ({ is: "keyless", name: "release", identity: IDENTITY, match: "exact", issuer: ISSUER, root: "acme", extensions: {}, ...change });
export const keySigner = (keys: KeyPair, change: Partial<Extract<Signer, { is: "key" }>> = {}): Signer => ({ is: "key", name: "ours", pem: pemOf("PUBLIC KEY", spki(keys.publicKey)), file: "cosign.pub", requireLog: false, ...change });
