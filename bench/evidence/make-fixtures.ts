/**
 * Makes test/fixtures/evidence with the real tools: cosign and notation sign images in a registry, and say
 * afterwards what they think of it, and of the same when it was changed. Private keys are forgotten.
 *
 * `npm run fixtures:evidence [CASE]...`; what is there is made anew, so that every digest changes.
 */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ec, pem, rsa } from "../../test/evidence/der.ts";
import { install } from "../tools/install.ts";
import { startOlareg } from "../tools/registries.ts";
import { codeSigningChain, type Chain } from "./authorities.ts";
import { type PrivateSigstore, startSigstore } from "./sigstore.ts";
import { changed, type Manifest, moved, pull, push, pushImage, type Snapshot, write } from "./snapshot.ts";
import { Cosign, mustRun, Notation, type NotationStore, type Ran } from "./tools.ts";

const FIXTURES = join(import.meta.dirname, "../../test/fixtures/evidence");

/** What a tool said about a snapshot; `trust` is the same question as lading is asked, with files of the case. */
export interface Check {
  readonly about: string;
  /** The command, without what is particular to this machine. */
  readonly asked: string;
  readonly verified: boolean;
  /** The tool's last words. */
  readonly said: string;
  readonly kind: "signature" | "attestation";
  readonly trust: { readonly signers: readonly Readonly<Record<string, unknown>>[]; readonly roots?: readonly Readonly<Record<string, unknown>>[] };
  /** Where lading answers otherwise on purpose: why. */
  readonly differs?: string;
}

interface World {
  readonly host: string;
  readonly folder: string;
  readonly cosign: Cosign;
  readonly notation: string;
  readonly sigstore: PrivateSigstore;
}

interface Case {
  readonly name: string;
  make(world: World, repository: string): Promise<void>;
}

const LOCAL = ["--allow-http-registry"];
const NO_LOG = ["--use-signing-config=false", "--tlog-upload=false", "--yes", ...LOCAL];
const FORMATS = { bundle: [], legacy: ["--new-bundle-format=false"] } as const;
type Format = keyof typeof FORMATS;

const KEYS: Readonly<Record<string, () => { readonly privateKey: KeyObject }>> = {
  p256: () => ec("P-256"),
  p384: () => ec("P-384"),
  p521: () => ec("P-521"),
  rsa2048: () => rsa(2048),
  rsa4096: () => rsa(4096),
  ed25519: () => generateKeyPairSync("ed25519"),
};

/** Keys that cosign signs with another hash than it checks with. */
const LONGER_HASHES: Readonly<Record<string, string>> = { p384: "sha384", p521: "sha512" };

const keySigner = (file: string, requireLog = false): Readonly<Record<string, unknown>> => ({ is: "key", name: "release", pem: file, file, requireLog });

/** Saves a snapshot with what was said about it. */
function save(name: string, snapshot: Snapshot, files: readonly string[], checks: readonly Check[]): void {
  const folder = join(FIXTURES, name);
  rmSync(folder, { recursive: true, force: true });
  write(folder, snapshot);
  for (const file of files) cpSync(file, join(folder, basename(file)));
  const expected = { made: new Date().toISOString(), subject: snapshot.subject, tags: Object.fromEntries(snapshot.tags), checks };
  writeFileSync(join(folder, "expected.json"), `${JSON.stringify(expected, null, 2)}\n`);
  console.log(`${name}: ${checks.map(({ about, verified }) => `${about} ${verified ? "verified" : "refused"}`).join(", ")}`);
}

/** The last line that says something, without this machine's addresses and folders. */
function said(world: World, { err, out }: Ran): string {
  const text = (err.trim() || out.trim()).replaceAll(world.host, "registry.example").replaceAll(world.folder, "").replaceAll(/127\.0\.0\.1:\d+/g, "service.example");
  return text.split("\n").filter((line) => !/^\s*$|^WARNING|^main\.go/.test(line)).at(-1)?.slice(0, 300) ?? "";
}

async function cosignCheck(world: World, about: string, args: readonly string[], reference: string, rest: Omit<Check, "about" | "asked" | "verified" | "said">): Promise<Check> {
  const ran = await world.cosign.ask(...args, ...LOCAL, reference);
  return { about, asked: `cosign ${args.join(" ")}`, verified: ran.code === 0, said: said(world, ran), ...rest };
}

const referenceOf = (world: World, repository: string, { subject }: Snapshot): string => `${world.host}/${repository}@${subject}`;

/** The first byte of what matters, changed: of the payload, where there is one. */
function corrupt(layer: Buffer, manifest: Manifest): { layer: Buffer; manifest: Manifest } {
  const text = layer.toString("utf8");
  if (text.includes('"dsseEnvelope"') || text.includes('"payloadType"')) {
    const body = JSON.parse(text) as { dsseEnvelope?: { payload: string }; payload?: string };
    const envelope = (body.dsseEnvelope ?? body) as { payload: string };
    envelope.payload = Buffer.from(`${Buffer.from(envelope.payload, "base64").toString("utf8")} `).toString("base64");
    return { layer: Buffer.from(JSON.stringify(body)), manifest };
  }
  return { layer: Buffer.concat([layer, Buffer.from(" ")]), manifest };
}

function keyCase(format: Format, key: string): Case {
  return {
    name: `cosign-${format}-${key}`,
    async make(world, repository) {
      const { cosign, host } = world;
      const flags = FORMATS[format];
      await cosign.importKey(key, KEYS[key]!().privateKey);
      await cosign.importKey("other", KEYS[key]!().privateKey);
      const subject = await pushImage(host, repository, "1.0");
      await cosign.do("sign", "--key", `${key}.key`, ...NO_LOG, ...flags, `${host}/${repository}@${subject}`);
      const snapshot = await pull(host, repository, subject);
      const files = [`${key}.pub`, "other.pub"].map((file) => join(world.folder, file));
      const ask = (about: string, pub: string, where: string, of: Snapshot, more: readonly string[] = []): Promise<Check> =>
        cosignCheck(world, about, ["verify", "--key", pub, "--insecure-ignore-tlog=true", ...more], referenceOf(world, where, of), { kind: "signature", trust: { signers: [keySigner(pub)] } });
      const right = await ask("the key that signed", `${key}.pub`, repository, snapshot);
      const hash = LONGER_HASHES[key];
      const checks = [
        hash === undefined || right.verified ? right : { ...right, differs: `cosign signs with ${hash} and checks with SHA-256 unless it is told (sigstore/cosign#5019); the signature is right` },
        ...(hash === undefined ? [] : [await ask(`the key that signed, with ${hash}`, `${key}.pub`, repository, snapshot, [`--signature-digest-algorithm=${hash}`])]),
        await ask("another key", "other.pub", repository, snapshot),
      ];
      save(this.name, snapshot, files, checks);

      if (key !== "p256") return;
      const spoilt = changed(snapshot, corrupt);
      await replace(world, repository, spoilt);
      save(`${this.name}-changed`, spoilt, files.slice(0, 1), [await ask("a payload that was changed", `${key}.pub`, `${repository}-changed`, spoilt)]);
      const elsewhere = await moveTo(world, `${repository}-moved`, snapshot);
      save(`${this.name}-moved`, elsewhere, files.slice(0, 1), [await ask("the signature of another image", `${key}.pub`, `${repository}-moved`, elsewhere)]);
    },
  };
}

/** Puts a changed snapshot beside the first, with the same image. */
async function replace({ host }: World, repository: string, spoilt: Snapshot): Promise<void> {
  await pushImage(host, `${repository}-changed`, "1.0", repository);
  await push(host, `${repository}-changed`, spoilt);
}

/** Puts what is attached to one image to a second one in another repository. */
async function moveTo(world: World, repository: string, snapshot: Snapshot): Promise<Snapshot> {
  const subject = await pushImage(world.host, repository, "1.0");
  const elsewhere = moved(snapshot, subject, (await pull(world.host, repository, subject)).manifests.get(subject)!);
  await push(world.host, repository, elsewhere);
  return elsewhere;
}

const PREDICATE = {
  invocation: { uri: "", event_id: "", "builder.id": "" },
  scanner: { uri: "pkg:github/aquasecurity/trivy@0.58.2", version: "0.58.2", db: { uri: "", version: "" }, result: { SchemaVersion: 2, Results: [] } },
  metadata: { scanStartedOn: "2026-11-24T10:00:00Z", scanFinishedOn: "2026-11-24T10:00:05Z" },
};

function attestCase(format: Format): Case {
  return {
    name: `cosign-${format}-attest-vuln`,
    async make(world, repository) {
      const { cosign, host } = world;
      await cosign.importKey("scanner", ec("P-256").privateKey);
      writeFileSync(join(world.folder, "scan.json"), JSON.stringify(PREDICATE));
      const subject = await pushImage(host, repository, "1.0");
      const reference = `${host}/${repository}@${subject}`;
      await cosign.do("attest", "--type", "vuln", "--predicate", "scan.json", "--key", "scanner.key", ...NO_LOG, ...FORMATS[format], reference);
      const snapshot = await pull(host, repository, subject);
      const trust = { signers: [keySigner("scanner.pub")] };
      const flags = ["--key", "scanner.pub", "--insecure-ignore-tlog=true"];
      const signed = await cosignCheck(world, "as a signature", ["verify", ...flags], reference, { kind: "signature", trust });
      save(this.name, snapshot, [join(world.folder, "scanner.pub")], [
        await cosignCheck(world, "as a scan", ["verify-attestation", "--type", "vuln", ...flags], reference, { kind: "attestation", trust }),
        signed.verified ? { ...signed, differs: "cosign takes any attestation in a bundle for a signature; a scan signs nothing" } : signed,
      ]);
    },
  };
}

function keylessCase(format: Format, timestamped: boolean): Case {
  return {
    name: `cosign-${format}-keyless${timestamped ? "-timestamped" : ""}`,
    async make(world, repository) {
      const { cosign, host, sigstore } = world;
      const { url, tsa, files } = sigstore;
      const start = "2026-01-01T00:00:00Z";
      await cosign.do(
        "trusted-root", "create", "--out", "trusted_root.json",
        "--fulcio", `url=${url},certificate-chain=${files.authority},start-time=${start}`,
        "--rekor", `url=${url},public-key=${files.log},start-time=${start}`,
        "--ctfe", `url=${url},public-key=${files.certificateLog},start-time=${start}`,
        "--tsa", `url=${tsa.url},certificate-chain=${files.tsa},start-time=${start}`,
      );
      const service = (at: string): string => `url=${at},api-version=1,start-time=${start},operator=example`;
      await cosign.do(
        "signing-config", "create", "--out", "signing_config.json", "--fulcio", service(url), "--rekor", service(url), "--rekor-config", "ANY",
        ...(timestamped ? ["--tsa", service(tsa.url), "--tsa-config", "ANY"] : []),
      );
      const subject = await pushImage(host, repository, "1.0");
      const reference = `${host}/${repository}@${subject}`;
      const claims = { iss: "https://token.example", sub: "release@acme.example", email: "release@acme.example", email_verified: true, aud: "sigstore", iat: now(), exp: now() + 600 };
      const services =
        format === "bundle"
          ? ["--signing-config", "signing_config.json"]
          : ["--use-signing-config=false", ...FORMATS.legacy, `--fulcio-url=${url}`, `--rekor-url=${url}`, ...(timestamped ? [`--timestamp-server-url=${tsa.url}`] : [])];
      await cosign.do("sign", ...services, "--trusted-root", "trusted_root.json", "--identity-token", token(claims), "--yes", ...LOCAL, reference);
      const snapshot = await pull(host, repository, subject);
      const ask = (about: string, identity: string, issuer: string): Promise<Check> =>
        cosignCheck(
          world, about,
          ["verify", "--trusted-root", "trusted_root.json", "--certificate-identity", identity, "--certificate-oidc-issuer", issuer, ...(timestamped ? ["--use-signed-timestamps"] : []), ...FORMATS[format]],
          reference,
          {
            kind: "signature",
            trust: {
              signers: [{ is: "keyless", name: "release", identity, match: "exact", issuer, root: "private", extensions: {} }],
              roots: [{ name: "private", json: "trusted_root.json", file: "trusted_root.json", thresholds: { log: 1, certificateLog: 1, timestamp: timestamped ? 1 : 0 } }],
            },
          },
        );
      save(this.name, snapshot, [join(world.folder, "trusted_root.json")], [
        await ask("the identity that signed", claims.sub, claims.iss),
        await ask("another identity", "other@acme.example", claims.iss),
        await ask("another issuer", claims.sub, "https://other.example"),
      ]);
    },
  };
}

const now = (): number => Math.floor(Date.now() / 1000);
/** An identity token; the mock reads its claims and asks nobody whether they are true. */
const token = (claims: object): string => [{ alg: "RS256", typ: "JWT" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") + ".c2lnbmF0dXJl";

interface NotationCase {
  readonly name: string;
  readonly chain: () => Chain;
  readonly format: "jws" | "cose";
  readonly timestamped?: boolean;
  readonly flags?: readonly string[];
  /** With what is changed and moved as well. */
  readonly attacked?: boolean;
  /** Asked once the leaf has expired. */
  readonly expires?: boolean;
}

/** A leaf that lives long enough to sign with it, and no longer. */
const SHORT_LIFE_MS = 20_000;
const shortLived = (): Chain => codeSigningChain("acme", ec("P-256"), { to: new Date(Date.now() + SHORT_LIFE_MS) });

function notationCase({ name, chain: makeChain, format, timestamped = false, flags = [], attacked = false, expires = false }: NotationCase): Case {
  return {
    name: `notation-${format}-${name}`,
    async make(world, repository) {
      const { host } = world;
      const notation = new Notation(world.notation, mkdtempSync(join(world.folder, "notation-")));
      const chain = makeChain();
      const clock = world.sigstore.tsa;
      const file = (base: string, text: string): string => {
        writeFileSync(join(notation.folder, base), text);
        return join(notation.folder, base);
      };
      const files = [file("root.pem", pem(chain.root)), file("other.pem", pem(codeSigningChain("acme", ec("P-256")).root)), ...(timestamped ? [file("clock.pem", clock.root)] : [])];
      notation.addKey("release", chain);
      const subject = await pushImage(host, repository, "1.0");
      const times = timestamped ? ["--timestamp-url", clock.url, "--timestamp-root-cert", join(notation.folder, "clock.pem")] : [];
      await notation.sign(`${host}/${repository}@${subject}`, "--signature-format", format, ...times, ...flags);
      const snapshot = await pull(host, repository, subject);
      if (expires) await new Promise((done) => setTimeout(done, SHORT_LIFE_MS + 1000));

      const ask = async (about: string, authority: string, where: string, of: Snapshot, identities?: readonly string[]): Promise<Check> => {
        const store: NotationStore = { authorities: readFileSync(join(notation.folder, authority), "utf8"), ...(timestamped ? { timestampAuthorities: clock.root } : {}), ...(identities && { identities }) };
        notation.trust(store);
        const ran = await notation.verify(referenceOf(world, where, of));
        const signer = { is: "notation", name: "release", authorities: [authority], timestampAuthorities: timestamped ? ["clock.pem"] : [], identities: identities ?? [] };
        return { about, asked: `notation verify, trusting ${authority}${identities ? ` and ${identities.join(" or ")}` : ""}`, verified: ran.code === 0, said: said(world, ran), kind: "signature", trust: { signers: [signer] } };
      };
      save(this.name, snapshot, files, [
        await ask("the authority that issued", "root.pem", repository, snapshot),
        await ask("another authority", "other.pem", repository, snapshot),
        await ask("the identity that signed", "root.pem", repository, snapshot, ["x509.subject: C=US, ST=WA, O=acme"]),
        await ask("another identity", "root.pem", repository, snapshot, ["x509.subject: C=US, ST=WA, O=other"]),
      ]);
      if (!attacked) return;
      const spoilt = changed(snapshot, format === "jws" ? corruptJws : corruptCose);
      await replace(world, repository, spoilt);
      save(`${this.name}-changed`, spoilt, files.slice(0, 1), [await ask("a payload that was changed", "root.pem", `${repository}-changed`, spoilt)]);
      const elsewhere = await moveTo(world, `${repository}-moved`, snapshot);
      save(`${this.name}-moved`, elsewhere, files.slice(0, 1), [await ask("the signature of another image", "root.pem", `${repository}-moved`, elsewhere)]);
    },
  };
}

function corruptJws(layer: Buffer, manifest: Manifest): { layer: Buffer; manifest: Manifest } {
  const envelope = JSON.parse(layer.toString("utf8")) as { payload: string };
  const payload = Buffer.from(envelope.payload, "base64url").toString("utf8").replace(/"size":(\d+)/, '"size":$1,"annotations":{"reviewed":"yes"}');
  return { layer: Buffer.from(JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString("base64url") })), manifest };
}

/** A letter of the payload, so that all lengths stay as they are. */
function corruptCose(layer: Buffer, manifest: Manifest): { layer: Buffer; manifest: Manifest } {
  const bytes = Buffer.from(layer);
  const at = bytes.indexOf('"size":') + '"size":'.length;
  bytes[at] = bytes[at] === 0x39 ? 0x38 : 0x39;
  return { layer: bytes, manifest };
}

const acme = (keys = ec("P-256")): Chain => codeSigningChain("acme", keys);

const CASES: readonly Case[] = [
  ...(["bundle", "legacy"] as const).flatMap((format) => Object.keys(KEYS).map((key) => keyCase(format, key))),
  attestCase("bundle"),
  attestCase("legacy"),
  keylessCase("bundle", false),
  keylessCase("bundle", true),
  keylessCase("legacy", false),
  keylessCase("legacy", true),
  notationCase({ name: "p256", format: "jws", chain: acme, attacked: true }),
  notationCase({ name: "p384", format: "jws", chain: () => acme(ec("P-384")) }),
  notationCase({ name: "rsa2048", format: "jws", chain: () => acme(rsa(2048)) }),
  notationCase({ name: "timestamped", format: "jws", chain: acme, timestamped: true }),
  notationCase({ name: "expired", format: "jws", chain: shortLived, expires: true }),
  notationCase({ name: "expired-timestamped", format: "jws", chain: shortLived, expires: true, timestamped: true }),
  notationCase({ name: "expired-timestamped", format: "cose", chain: shortLived, expires: true, timestamped: true }),
  notationCase({ name: "expiring", format: "jws", chain: acme, flags: ["--expiry", "24h"] }),
  notationCase({ name: "metadata", format: "jws", chain: acme, flags: ["--user-metadata", "build=42"] }),
  notationCase({ name: "p256", format: "cose", chain: acme, attacked: true }),
  notationCase({ name: "p521", format: "cose", chain: () => acme(ec("P-521")) }),
  notationCase({ name: "rsa4096", format: "cose", chain: () => acme(rsa(4096)) }),
  notationCase({ name: "timestamped", format: "cose", chain: acme, timestamped: true }),
];

async function main(wanted: readonly string[]): Promise<void> {
  const [registry, cosign, notation] = await Promise.all([startOlareg(), install("cosign"), install("notation")]);
  for (const tool of [registry, cosign, notation]) if ("missing" in tool) throw new Error(tool.missing);
  if ("missing" in registry || "missing" in cosign || "missing" in notation) return;
  await mustRun("openssl", ["version"]);
  const folder = mkdtempSync(join(tmpdir(), "lading-fixtures-"));
  mkdirSync(FIXTURES, { recursive: true });
  const sigstore = await startSigstore(folder);
  const world: World = { host: registry.host, folder, cosign: new Cosign(cosign.path, folder), notation: notation.path, sigstore };
  let failed = 0;
  try {
    for (const one of CASES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
      try {
        await one.make(world, `acme/${one.name}`);
      } catch (error) {
        failed += 1;
        console.error(`${one.name}: ${(error instanceof Error ? error.message : String(error)).slice(0, 2000)}`);
      }
    }
  } finally {
    sigstore.stop();
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

await main(process.argv.slice(2));
