/** Documents in strings, in every style and one in another: a pin is where the image is, and the rest is as it was. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseDocument, Scalar, stringify } from "yaml";
import { locate } from "../../src/model/reference.ts";
import { locateFile } from "../../src/surfaces/locate.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import { digestOf, pinned } from "../pipeline/memory.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
const tag = fc.constantFrom("1.27", "v1", "2024-01-01", "1.4.0-rc.1");
/** Values that are no images, and what makes quoting hard. */
const other = fc.constantFrom("it's", 'say "x"', "a: b", "back\\slash", "é 😀", "# no comment", "{{ .x }}", "two\nlines\n", "  spaces ", "tab\there");
const pod = fc.record({ images: fc.array(fc.tuple(word, tag), { minLength: 1, maxLength: 3 }), other, flow: fc.boolean(), json: fc.boolean() });

type Pod = typeof pod extends fc.Arbitrary<infer One> ? One : never;

const referencesOf = ({ images }: Pod): string[] => images.map(([name, version]) => `ghcr.io/${name}:${version}`);

function podText(given: Pod): string {
  const value = {
    apiVersion: "v1", kind: "Pod", metadata: { name: "p", annotations: { note: given.other } },
    spec: { containers: referencesOf(given).map((image, i) => ({ name: `c${i}`, image })) },
  };
  if (given.json) return JSON.stringify(value, null, given.flow ? 0 : 2);
  return stringify(value, { collectionStyle: given.flow ? "flow" : "any", lineWidth: 0 });
}

/** The document as a string of a ConfigMap, in a style; undefined where the style cannot hold it. */
function wrap(inner: string, style: Scalar.Type, lineWidth: number): string {
  const scalar = new Scalar(inner);
  scalar.type = style;
  return stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m" }, data: { "a.yaml": scalar, after: "x" } }, { lineWidth });
}

const style = fc.constantFrom<Scalar.Type>("BLOCK_LITERAL", "BLOCK_FOLDED", "QUOTE_DOUBLE", "QUOTE_SINGLE");
const level = fc.record({ style, lineWidth: fc.constantFrom(0, 80) });

const data = (text: string): string => (parseDocument(text).toJS() as { data: Record<string, string> }).data["a.yaml"]!;
const withoutDigests = (text: string): string => text.replaceAll(/@sha256:[0-9a-f]{64}/g, "");
const digestFor = (reference: string): string => {
  const { registry, repository } = locate(reference.slice(0, reference.lastIndexOf(":")));
  return digestOf(`${registry}/${repository}${reference.slice(reference.lastIndexOf(":"))}`);
};

const RUNS = { seed: 20260701, numRuns: 600 };
const file = (text: string) => ({ path: "cm.yaml", text, encoding: "utf-8" as const });
const role = roleOf("cm.yaml", new Set(), false);

describe("any pod in a string of any style", () => {
  test("is pinned where its images are, one level and two levels down", async () => {
    let proved = 0;
    await fc.assert(fc.asyncProperty(pod, fc.array(level, { minLength: 1, maxLength: 2 }), fc.constantFrom("\n", "\r\n"), async (given, levels, lineBreak) => {
      const inner = podText(given);
      const before = levels.reduce((text, { style: as, lineWidth }) => wrap(text, as, lineWidth), inner).replaceAll("\n", lineBreak);
      const files = { "cm.yaml": before };
      const { refused } = await pinned(files);
      assert.deepEqual(refused, []);
      const after = files["cm.yaml"];
      // A key that a string around breaks over two lines is not looked for (docs/limits.md).
      if ((before.match(/image\\*"?:/g) ?? []).length < given.images.length) return;
      if (!referencesOf(given).every((reference) => before.includes(reference))) {
        // Broken over two lines by a string around it: said, and not written.
        assert.ok((await locateFile(file(before), role)).sites.some(({ unpinnable, slots }) => unpinnable !== undefined && slots.length === 0));
        return;
      }
      assert.equal(withoutDigests(after), before);
      const unwrapped = levels.reduce((text) => data(text), after);
      const wanted = referencesOf(given).map((reference) => `${reference}@${digestFor(reference)}`);
      const value = (text: string) => parseDocument(text).toJS() as { spec: { containers: { image: string }[] } };
      assert.deepEqual(value(unwrapped).spec.containers.map(({ image }) => image), wanted);
      assert.deepEqual(value(withoutDigests(unwrapped)), value(inner));
      const { sites } = await locateFile(file(after), role);
      assert.deepEqual(sites.map(({ raw }) => raw), wanted);
      await pinned(files);
      assert.equal(files["cm.yaml"], after);
      proved++;
    }), RUNS);
    assert.ok(proved > RUNS.numRuns * 0.8);
  });
});

describe("any values in an Application", () => {
  const values = fc.record({ name: word, tag, quote: fc.constantFrom("", "'", '"'), digest: fc.constantFrom('digest: ""', "digest:", "digest: null"), other, style, comment: fc.boolean() });
  test("take the digest in their own field, and nothing else moves", async () => {
    await fc.assert(fc.asyncProperty(values, async (given) => {
      const inner = `note: ${JSON.stringify(given.other)}\nimage:\n  repository: ghcr.io/${given.name}\n  tag: ${given.quote}${given.tag}${given.quote}${given.comment ? " # tag: x" : ""}\n  ${given.digest}\nlast: true\n`;
      const scalar = new Scalar(inner);
      scalar.type = given.style;
      const before = stringify({ apiVersion: "argoproj.io/v1alpha1", kind: "Application", spec: { source: { helm: { values: scalar } } } }, { lineWidth: 0 });
      const files = { "app.yaml": before };
      const { refused } = await pinned(files);
      assert.deepEqual(refused, []);
      const read = (text: string) => (parseDocument(text).toJS() as { spec: { source: { helm: { values: string } } } }).spec.source.helm.values;
      const wanted = digestFor(`ghcr.io/${given.name}:${given.tag}`);
      const unquoted = given.tag === "1.27" && given.quote === "" ? 1.27 : given.tag;
      assert.deepEqual(parseDocument(read(files["app.yaml"]), { schema: "core" }).toJS(), {
        note: given.other, image: { repository: `ghcr.io/${given.name}`, tag: unquoted, digest: wanted }, last: true,
      });
      assert.equal(read(files["app.yaml"]).replace(/digest: ?"?sha256.*/, ""), inner.replace(given.digest, ""));
    }), { ...RUNS, numRuns: 300 });
  });
});
