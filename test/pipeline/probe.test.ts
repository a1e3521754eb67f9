/** Probing, with charts that are functions of their values. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse, stringify } from "yaml";
import type { Render, Root } from "../../src/model/render.ts";
import type { LocatedFile } from "../../src/model/site.ts";
import type { ProbeCache } from "../../src/pipeline/probe/cache.ts";
import { candidatesIn } from "../../src/pipeline/probe/candidates.ts";
import { layersOf } from "../../src/pipeline/probe/layers.ts";
import type { ProbeOutcome } from "../../src/pipeline/probe/outcome.ts";
import { probe } from "../../src/pipeline/probe/probe.ts";
import { locateFile } from "../../src/surfaces/locate.ts";

type Image = { repository?: string; tag?: string; digest?: string; sha?: string };
type Values = Record<string, { image: Image }>;

/** What a chart makes of its values; throws what helm would say. */
type Chart = (values: Values) => readonly unknown[];

const pod = (name: string, image: string, metadata: Record<string, unknown> = {}): unknown => ({ apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, spec: { containers: [{ name: "main", image }] } });

const withDigest = ({ repository, tag, digest }: Image): string => `${repository}:${tag}${digest ? `@${digest}` : ""}`;
const tagOnly = ({ repository, tag }: Image): string => `${repository}:${tag}`;

/** A chart with a pod for each key of its values. */
const pods = (image: (image: Image) => string, metadata?: (image: Image) => Record<string, unknown>): Chart =>
  (values) => Object.entries(values).map(([name, { image: parts }]) => pod(name, image(parts), metadata?.(parts)));

const ROOT: Root = { folder: "", tool: "helm", by: "folder", said: { file: "Chart.yaml", position: { line: 1, column: 1 } }, open: [], helm: { release: "release", layers: [], apiVersions: [], includeCrds: true } };

interface Probed {
  readonly outcomes: Readonly<Record<string, ProbeOutcome>>;
  readonly renders: number;
}

async function probed(values: string, chart: Chart, options: { limit?: number; cache?: ProbeCache } = {}): Promise<Probed> {
  const render: Render = async ({ instead }) => {
    try {
      return { is: "known", value: { text: chart(parse(instead.get("values.yaml") ?? values) as Values).map((one) => `---\n${stringify(one, { lineWidth: 0 })}`).join(""), program: "fake 1", milliseconds: 0 } };
    } catch (error) {
      return { is: "unknown", why: { code: "failed", message: (error as Error).message } };
    }
  };
  const layers = layersOf(ROOT, ["values.yaml", "Chart.yaml"], () => values);
  const located = new Map<string, LocatedFile>([["values.yaml", await locateFile({ path: "values.yaml", text: values, encoding: "utf-8" }, { values: true, template: false, kustomization: false })]]);
  const candidates = await candidatesIn(layers, located, () => true);
  const { outcomes, renders } = await probe({ root: ROOT, chart: "web", layers, candidates, render, ...options });
  return { outcomes: Object.fromEntries([...outcomes].map(([{ path }, outcome]) => [path.join("."), outcome])), renders };
}

const one = (image: string): string => `web:\n  image:\n${image}`;
const WEB = one("    repository: example/web\n    tag: v1.4\n");
const formOf = (outcome: ProbeOutcome | undefined): string | undefined => (outcome?.is === "pinned" ? outcome.form : outcome?.is === "refused" ? outcome.reason.code : outcome?.is);

const many = (count: number): string => Array.from({ length: count }, (_, i) => `web${i}:\n  image:\n    repository: example/web${i}\n    tag: v1.4\n`).join("");

describe("the form that is chosen", () => {
  const CHARTS: Readonly<Record<string, readonly [chart: Chart, form: string]>> = {
    "a digest": [pods(withDigest), "digest"],
    "a digest without the tag": [pods(({ repository, tag, digest }) => (digest ? `${repository}@${digest}` : `${repository}:${tag}`)), "digest"],
    "sha without its prefix": [pods(({ repository, tag, sha }) => `${repository}:${tag}${sha ? `@sha256:${sha}` : ""}`), "sha"],
    "sha with its prefix": [pods(({ repository, tag, sha }) => `${repository}:${tag}${sha ? `@${sha}` : ""}`), "sha-with-prefix"],
    "the tag": [pods(tagOnly), "tag"],
    "a registry in front": [pods((image) => `mirror.example.org/${withDigest(image)}`), "digest"],
    "a v in front of the tag": [pods(({ repository, tag, digest }) => withDigest({ repository: repository!, tag: `v${tag}`, digest: digest! })), "digest"],
    "a checksum that follows": [pods(withDigest, (image) => ({ annotations: { "checksum/config": Buffer.from(JSON.stringify(image)).toString("hex").slice(-32) } })), "digest"],
    "the tag in a label": [pods(tagOnly, ({ tag }) => ({ labels: { version: tag } })), "label"],
    "the tag in a selector": [pods(tagOnly, ({ tag }) => ({ ownerReferences: [{ selector: { matchLabels: { version: tag?.slice(0, 30) } } }] })), "label"],
    "an image that is cut": [pods((image) => withDigest(image).slice(0, 60)), "malformed"],
    "another image": [pods(({ tag, digest }) => withDigest({ repository: "example/other", tag: tag!, digest: digest! })), "field"],
    "another tag": [pods(({ repository, digest }) => withDigest({ repository: repository!, tag: "v2", digest: digest! })), "another-tag"],
    "nothing": [pods(() => "example/fixed:1"), "inactive"],
  };
  for (const [what, [chart, form]] of Object.entries(CHARTS)) {
    test(what, async () => {
      const { outcomes } = await probed(WEB, chart);
      assert.equal(formOf(Object.values(outcomes)[0]), form, JSON.stringify(outcomes));
    });
  }

  test("a label for the version that stays a label is told, and not passed over", async () => {
    const { outcomes } = await probed(WEB, pods(tagOnly, ({ tag }) => ({ labels: { "app.kubernetes.io/version": tag!.replaceAll(/[@:]/g, "-").slice(0, 63) } })));
    const outcome = outcomes["web.image.repository"];
    assert.ok(outcome?.is === "pinned" && outcome.form === "tag");
    assert.match(outcome.also ?? "", /app\.kubernetes\.io\/version/);
  });

  test("two images of one value are refused: one digest cannot be right for both", async () => {
    const { outcomes } = await probed(one("    tag: v1.4\n"), ({ web }) => [pod("a", `example/a:${web!.image.tag}`), pod("b", `example/b:${web!.image.tag}`)]);
    assert.equal(formOf(outcomes["web.image.tag"]), "several-images");
  });

  test("a tag that is rendered and stands nowhere is written beside the digest", async () => {
    const { outcomes } = await probed(one("    repository: example/web\n"), pods(({ tag = "v2.0", ...image }) => withDigest({ ...image, tag })));
    const outcome = outcomes["web.image.repository"];
    assert.ok(outcome?.is === "pinned" && outcome.form === "digest");
    assert.deepEqual(outcome.image, { name: "example/web", tag: "v2.0" });
  });

  test("where several tags are rendered, none can be", async () => {
    const { outcomes } = await probed(one("    repository: example/web\n"), ({ web }) => [pod("a", `${web!.image.repository}:1`), pod("b", `${web!.image.repository}:2`)]);
    assert.equal(formOf(outcomes["web.image.repository"]), "no-tag");
  });
});

describe("what fails", () => {
  const FAILURES: Readonly<Record<string, readonly [message: string, code: string]>> = {
    semver: ['template: web/templates/a.yaml:1:7: executing "a" at <semverCompare ">=1" .Values.tag>: error calling semverCompare: invalid semantic version', "semver"],
    schema: ["Error: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- image: Additional property digest is not allowed", "schema"],
    fail: ["Error: execution error at (web/templates/NOTES.txt:3:4): image.tag must be plain", "chart-fails"],
    other: ["Error: YAML parse error on web/templates/a.yaml", "fails"],
  };
  for (const [what, [message, code]] of Object.entries(FAILURES)) {
    test(what, async () => {
      const { outcomes } = await probed(WEB, (values) => {
        if (JSON.stringify(values).includes("5ca1ab1e")) throw new Error(message);
        return pods(tagOnly)(values);
      });
      assert.equal(formOf(outcomes["web.image.repository"]), code);
    });
  }

  test("a chart that does not render as it is proves nothing", async () => {
    const { outcomes } = await probed(WEB, () => {
      throw new Error("no");
    });
    assert.deepEqual(outcomes, {});
  });

  test("pins that only work apart: some are given up, and the rest is proved together", async () => {
    const { outcomes } = await probed(many(2), (values) => {
      const pinned = Object.values(values).filter(({ image }) => image.digest !== undefined);
      if (pinned.length > 1) throw new Error("Error: execution error at (web/templates/a.yaml:1:1): one digest at most");
      return pods(withDigest)(values);
    });
    assert.deepEqual(Object.values(outcomes).map(formOf).sort(), ["digest", "together"]);
  });
});

describe("how often a chart is rendered", () => {
  test("all candidates at once, when they take the same form", async () => {
    const { outcomes, renders } = await probed(many(40), pods(withDigest));
    assert.equal(Object.values(outcomes).filter((one) => formOf(one) === "digest").length, 40);
    // As it is, twice; one attempt; all of them together.
    assert.equal(renders, 4);
  });

  test("one of many that fails is found by halves", async () => {
    const { outcomes, renders } = await probed(many(32), (values) => {
      if (values["web17"]?.image.tag?.includes("@") || values["web17"]?.image.digest) throw new Error("Error: execution error at (web/templates/a.yaml:1:1): no");
      return pods(withDigest)(values);
    });
    assert.equal(formOf(outcomes["web17.image.repository"]), "chart-fails");
    assert.equal(Object.values(outcomes).filter((one) => formOf(one) === "digest").length, 31);
    assert.ok(renders <= 2 + 2 * 6 + 4 + 1, `${renders}`);
  });

  test("never more often than allowed; what is undecided is refused", async () => {
    const { outcomes, renders } = await probed(many(16), (values) => {
      if (JSON.stringify(values).includes("5ca1ab1e")) throw new Error("Error: no");
      return pods(tagOnly)(values);
    }, { limit: 10 });
    assert.ok(renders <= 10, `${renders}`);
    assert.ok(Object.values(outcomes).every((one) => one.is === "refused"));
    assert.ok(Object.values(outcomes).some((one) => formOf(one) === "limit"));
  });

  test("once, when the same chart was probed before; a chart that renders otherwise is another one", async () => {
    const kept = new Map<string, string>();
    const first = await probed(WEB, pods(withDigest), { cache: kept as ProbeCache });
    const second = await probed(WEB, pods(withDigest), { cache: kept as ProbeCache });
    assert.deepEqual([second.outcomes, second.renders], [first.outcomes, 1]);
    const other = await probed(WEB, (values) => [...pods(tagOnly)(values), pod("other", "example/other:1")], { cache: kept as ProbeCache });
    assert.equal(formOf(other.outcomes["web.image.repository"]), "tag");
    for (const key of kept.keys()) kept.set(key, '[{"is":"pinned","form":"curl"}]');
    assert.deepEqual((await probed(WEB, pods(withDigest), { cache: kept as ProbeCache })).outcomes, first.outcomes);
  });

  test("what is made up anew each time says nothing", async () => {
    let count = 0;
    const { outcomes } = await probed(WEB, pods(withDigest, () => ({ annotations: { nonce: `n${count++}` } })));
    assert.equal(formOf(outcomes["web.image.repository"]), "digest");
  });
});
