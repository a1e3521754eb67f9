/**
 * Is everything refused that must be, how long does a verdict take, and how many requests does it cost?
 * Exit 1 when the attack suite lets anything through, or refuses for another reason than its own.
 */
import { verifyArtifact } from "../../src/evidence/index.ts";
import { judge, outcome } from "../../test/evidence/attacks/attack.ts";
import { attacks } from "../../test/evidence/attacks/index.ts";
import { SUBJECT } from "../../test/evidence/make/artifacts.ts";
import { NOW } from "../../test/evidence/make/sigstore.ts";
import { table } from "../tools/table.ts";
import { type Beside, besideCosign } from "./cosign.ts";
import { type Kind, kinds } from "./kinds.ts";
import { countRequests } from "./requests.ts";

const MEASURE_MS = 1500;

function passed(): string[] {
  return attacks.flatMap(({ name, refused, make }) => {
    const outcomes = judge(make()).map(({ verdict }) => outcome(verdict));
    return outcomes.length === 1 && outcomes[0] === refused ? [] : [`${name}: ${outcomes.join(", ")} instead of ${refused}`];
  });
}

/** Verdicts in a second of one processor, after a second to warm up. */
function speedOf({ name, artifact, trust }: Kind): { readonly name: string; readonly perSecond: number } {
  const once = (): void => {
    const [statement] = verifyArtifact(artifact, SUBJECT, trust, NOW);
    if (statement?.verdict.is !== "verified") throw new Error(`${name}: ${JSON.stringify(statement?.verdict)}`);
  };
  for (const end = performance.now() + MEASURE_MS / 3; performance.now() < end; ) once();
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < MEASURE_MS; count++) once();
  return { name, perSecond: count / ((performance.now() - start) / 1000) };
}

const compared = (rows: readonly Beside[]): string =>
  table(["one image, reference to verdict", "cosign verify", "ms", "lading", "ms"], rows.map(({ what, cosign, cosignMs, ours, oursMs }) => [what, cosign, cosignMs.toFixed(0), ours, oursMs.toFixed(1)]));

const through = passed();
console.log(`attacks: ${attacks.length - through.length} of ${attacks.length} refused, each by its code`);
for (const one of through) console.log(`  THROUGH ${one}`);

const speeds = kinds().map(speedOf);
console.log(`\n${table(["kind of evidence", "verdicts/s", "ms each"], speeds.map(({ name, perSecond }) => [name, perSecond.toFixed(0), (1000 / perSecond).toFixed(2)]))}`);

const requests = await countRequests();
console.log(`\n${table(["attached", "manifests", "requests", "at most"], requests.map(({ what, pieces, requests: count, most }) => [what, pieces, count, most]))}`);

const beside = await besideCosign();
console.log(beside === undefined ? "\ncosign was not built and is left out: node --import tsx bench/tools/install.ts cosign" : `\n${compared(beside)}\ncosign is a process for each image; lading's row is inside of one that runs already.`);

const speed = (name: string): string => speeds.find((one) => one.name.startsWith(name))!.perSecond.toFixed(0);
const over = requests.filter(({ requests: count, most }) => count > most);
const disagree = (beside ?? []).filter(({ cosign, ours }) => (cosign === "verified") !== (ours === "verified"));
console.log(
  `\nverify: ${through.length === 0 && over.length === 0 && disagree.length === 0 ? "ok" : "FAILED"}; ${attacks.length - through.length}/${attacks.length} attacks refused; ` +
    `${speed("key P-256, bundle")} verdicts/s by key, ${speed("keyless, bundle, promise and")} keyless, ${speed("keyless, bundle of the second")} with timestamp; ` +
    `${requests[0]!.requests} requests for nothing, ${requests[1]!.requests} for one bundle${beside ? `; cosign says the same of ${beside.length - disagree.length}/${beside.length} images` : ""}`,
);
process.exitCode = through.length > 0 || over.length > 0 || disagree.length > 0 ? 1 : 0;
