/**
 * The same wrong envelopes and chains, put to notation itself: it refuses what lading refuses. Where it is more lenient,
 * the table says why lading is not.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { push, sha256 } from "../../bench/evidence/snapshot.ts";
import { Notation } from "../../bench/evidence/tools.ts";
import { install } from "../../bench/tools/install.ts";
import { startOlareg } from "../../bench/tools/registries.ts";
import type { Artifact } from "../../src/model/evidence.ts";
import { pem } from "../evidence/der.ts";
import { CHAINS, good, LIES } from "../evidence/notation-lies.ts";
import { artifactOf, type Chain, COSE, type EnvelopeOptions, gist, IMAGE, jwsArtifact, makeChain, makeCose, makeJws, rootOf, signerOf, statementOf, SUBJECT, trusting } from "../evidence/notation-world.ts";
import { missing } from "./missing.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const FORMATS: Readonly<Record<string, (options: EnvelopeOptions) => Artifact>> = {
  JWS: (options) => jwsArtifact(makeJws(options)),
  COSE: (options) => artifactOf(COSE, makeCose(options)),
};

/** What notation 1.3.2 takes and lading does not: why not. A case that is taken no more shows as well. */
const LENIENT: Readonly<Record<string, string>> = {
  "JWS: an unknown critical attribute": "critical means that who does not know it must refuse (signature-specification.md, RFC 7515 4.1.11)",
  "COSE: an unknown critical attribute": "critical means that who does not know it must refuse (signature-specification.md, RFC 9052 3.1)",
  "COSE: a critical attribute named twice": "JWS forbids it (RFC 7515 4.1.11), and notation refuses it there",
  "COSE: an authentic time without a signing authority": "the attribute is only valid under another signing scheme (signature-envelope-cose.md)",
  "JWS: a payload with a key twice": "readers differ in which of the two they keep",
  "COSE: a payload with a key twice": "readers differ in which of the two they keep",
  "JWS: a payload nested deeply": "no descriptor is 5,000 levels deep",
  "COSE: a payload nested deeply": "no descriptor is 5,000 levels deep",
  "JWS: a leaf for any purpose": "anyExtendedKeyUsage must not be there (signature-specification.md, Certificate Requirements)",
  "COSE: a leaf for any purpose": "anyExtendedKeyUsage must not be there (signature-specification.md, Certificate Requirements)",
  "JWS: an intermediate whose constraints are not critical": "they must be critical (signature-specification.md, Certificate Requirements)",
  "COSE: an intermediate whose constraints are not critical": "they must be critical (signature-specification.md, Certificate Requirements)",
};

for (const [format, make] of Object.entries(FORMATS))
  test(`notation refuses the ${format} envelopes that lading refuses`, { timeout: 300_000 }, async (context) => {
    const tool = await install("notation");
    if ("missing" in tool) return missing(context, tool.missing);
    const registry = await startOlareg();
    if ("missing" in registry) return missing(context, registry.missing);
    const folder = mkdtempSync(join(tmpdir(), "lading-notation-"));
    const taken: string[] = [];
    try {
      const notation = new Notation(tool.path, folder);
      let asked = 0;
      const ask = async (options: EnvelopeOptions, chain: Chain): Promise<{ readonly notation: boolean; readonly lading: string }> => {
        const artifact = make(options);
        const repository = `attack/${(asked += 1)}`;
        await put(registry.host, repository, artifact);
        notation.trust({ authorities: pem(rootOf(chain)) });
        return { notation: (await notation.verify(`${registry.host}/${repository}@${SUBJECT.digest}`)).code === 0, lading: gist(statementOf(artifact, trusting(signerOf(chain))).verdict) };
      };
      assert.deepEqual(await ask({ chain: good }, good), { notation: true, lading: "verified release" }, "nothing changed, both take it");
      const cases: readonly (readonly [string, EnvelopeOptions])[] = [
        ...Object.entries(LIES).map(([what, [, lie]]) => [what, { chain: good, ...lie }] as const),
        ...Object.entries(CHAINS).map(([what, [, options]]) => [what, { chain: makeChain(options) }] as const),
      ];
      for (const [what, options] of cases) {
        const { notation: takes, lading } = await ask(options, options.chain);
        assert.doesNotMatch(lading, /^verified/, what);
        if (takes) taken.push(`${format}: ${what}`);
      }
    } finally {
      await registry.stop();
      rmSync(folder, { recursive: true, force: true });
    }
    assert.deepEqual(taken.toSorted(), Object.keys(LENIENT).filter((what) => what.startsWith(format)).toSorted());
  });

/** The image, and the envelope attached to it as notation attaches its own. */
async function put(host: string, repository: string, { layers: [layer] }: Artifact): Promise<void> {
  const config = Buffer.from("{}");
  const image = Buffer.from(IMAGE);
  const bytes = Buffer.from(layer!.bytes);
  const signature = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType: "application/vnd.cncf.notary.signature",
      config: { mediaType: "application/vnd.oci.empty.v1+json", digest: sha256(config), size: config.length },
      layers: [{ mediaType: layer!.mediaType, digest: sha256(bytes), size: bytes.length }],
      subject: { mediaType: MANIFEST, digest: SUBJECT.digest, size: image.length },
    }),
  );
  await push(host, repository, {
    subject: SUBJECT.digest,
    manifests: new Map([[SUBJECT.digest, image], [sha256(signature), signature]]),
    blobs: new Map([[sha256(config), config], [sha256(bytes), bytes]]),
    tags: new Map([["1.0", SUBJECT.digest]]),
  });
}
