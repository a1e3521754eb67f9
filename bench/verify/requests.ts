/** How many requests it takes to learn what is attached to a digest. */
import { startDemoRegistry } from "../../src/demo/registry.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import { createCollect } from "../../src/registry/collect.ts";
import { attach, bundle, DSSE, SIMPLE, tagOf } from "../../test/registry/attach.ts";

export interface Requests {
  readonly what: string;
  /** Manifests that are attached. */
  readonly pieces: number;
  readonly requests: number;
  /** At most three when there is nothing, and what the protocol wants for each piece: its manifest and its blob. */
  readonly most: number;
}

export async function countRequests(): Promise<Requests[]> {
  const registry = await startDemoRegistry();
  const counted: Requests[] = [];
  try {
    for (const [at, [what, bundles, sig, att]] of ([["nothing", 0, false, false], ["one bundle", 1, false, false], ["one .sig", 0, true, false], ["five bundles", 5, false, false], ["a bundle, .sig and .att", 1, true, true]] as const).entries()) {
      const repository = `acme/image-${at}`;
      const digest = registry.putImage(repository, "1.0") as Digest;
      for (let index = 0; index < bundles; index++) await attach(registry, repository, bundle(digest, `{"number":${index}}`));
      if (sig) await attach(registry, repository, { tag: tagOf(digest, ".sig"), layers: [{ mediaType: SIMPLE, text: "{}" }] });
      if (att) await attach(registry, repository, { tag: tagOf(digest, ".att"), layers: [{ mediaType: DSSE, text: "{}" }] });
      registry.log.length = 0;
      const { artifacts, gaps } = await createCollect({ policy: DEFAULT_POLICY, version: "bench", environment: {} })({ registry: registry.host, repository, digest });
      const pieces = bundles + Number(sig) + Number(att);
      if (artifacts.length !== pieces || gaps.length > 0) throw new Error(`${what}: ${artifacts.length} artifacts instead of ${pieces}; ${gaps.map(({ message }) => message).join("; ")}`);
      counted.push({ what, pieces, requests: registry.log.length, most: 3 + 2 * pieces });
    }
  } finally {
    await registry.close();
  }
  return counted;
}
