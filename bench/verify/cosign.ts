/** The same images with cosign: its verdict beside ours, and the time that each takes from the reference to the verdict. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDemoRegistry } from "../../src/demo/registry.ts";
import { decide } from "../../src/evidence/decide.ts";
import { verifyAll } from "../../src/evidence/index.ts";
import type { Trust } from "../../src/model/evidence.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Digest } from "../../src/model/reference.ts";
import { createCollect } from "../../src/registry/collect.ts";
import { TOOLS_FOLDER } from "../tools/install.ts";

export interface Beside {
  readonly what: string;
  readonly cosign: string;
  readonly ours: string;
  readonly cosignMs: number;
  readonly oursMs: number;
}

const ROUNDS = 5;
const program = join(TOOLS_FOLDER, "cosign-v3.1.2/cosign");

/** Nothing where cosign was not built: node --import tsx bench/tools/install.ts cosign. */
export async function besideCosign(): Promise<Beside[] | undefined> {
  if (!existsSync(program)) return undefined;
  const home = mkdtempSync(join(tmpdir(), "lading-bench-verify-"));
  const registry = await startDemoRegistry();
  const cosign = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve) => execFile(program, [...args], { cwd: home, env: { HOME: home, COSIGN_PASSWORD: "", COSIGN_YES: "true" } }, (error, _out, said) => resolve(error ? `no: ${said.trim().split("\n").at(-1)}` : "verified")));
  const verify = (reference: string): Promise<string> => cosign("verify", "--key", "cosign.pub", "--insecure-ignore-tlog=true", "--allow-http-registry", reference);
  try {
    await cosign("generate-key-pair");
    const trust: Trust = { signers: [{ is: "key", name: "ours", pem: readFileSync(join(home, "cosign.pub"), "utf8"), file: "cosign.pub", requireLog: false }], roots: [] };
    const rows: Beside[] = [];
    for (const [what, flags] of [["a key, bundle", []], ["a key, .sig", ["--new-bundle-format=false"]], ["not signed", undefined]] as const) {
      const repository = `acme/${rows.length}`;
      const digest = registry.putImage(repository, "1.0", { seed: what }) as Digest;
      const reference = `${registry.host}/${repository}@${digest}`;
      if (flags) {
        const signed = await cosign("sign", "--key", "cosign.key", "--use-signing-config=false", "--tlog-upload=false", "--allow-http-registry", ...flags, reference);
        if (signed !== "verified") throw new Error(`cosign sign: ${signed}`);
      }
      const ours = async (): Promise<string> => {
        const subject = { registry: registry.host, repository, digest };
        const { artifacts, gaps } = await createCollect({ policy: DEFAULT_POLICY, version: "bench", environment: {} })(subject);
        return decide(verifyAll({ artifacts, gaps }, subject, trust, new Date()), gaps, { signers: ["ours"], atLeast: 1 }).is;
      };
      const theirs = await median(() => verify(reference));
      const mine = await median(ours);
      rows.push({ what, cosign: theirs.last.slice(0, 60), ours: mine.last, cosignMs: theirs.ms, oursMs: mine.ms });
    }
    return rows;
  } finally {
    await registry.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function median(run: () => Promise<string>): Promise<{ readonly ms: number; readonly last: string }> {
  const times: number[] = [];
  let last = "";
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    last = await run();
    if (round > 0) times.push(performance.now() - start);
  }
  return { ms: times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!, last };
}
