/** Manifests in the styles in which people write them: a pin is wherever the image is, and nowhere else. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatReference, type ImageReference, locate } from "../../src/model/reference.ts";
import { locateFile } from "../../src/surfaces/locate.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import { digestOf, pinned } from "../pipeline/memory.ts";

const word = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-)[a-z0-9]{1,8})?$/);
const host = fc.constantFrom("", "", "ghcr.io/", "registry.example:5000/", "localhost/", "127.0.0.1:80/", "docker.io/", "index.docker.io/");
const tag = fc.constantFrom("1.27", "v1.4.0-rc.1", "latest", "1.10", "7", "2024-01-01", "0x1f", "yes", "null", "1e3", "_x", "A.B-C_d", "16.4-alpine3.20");
const reference: fc.Arbitrary<ImageReference> = fc.record({ host, path: fc.array(word, { minLength: 1, maxLength: 3 }), tag })
  .map(({ host: at, path, tag: version }) => ({ name: `${at}${path.join("/")}`, tag: version }))
  .filter(({ name }) => /[a-z]/.test(name));

const style = fc.record({
  indent: fc.constantFrom(2, 3, 4),
  listIndent: fc.boolean(),
  quote: fc.constantFrom("", "'", '"', "|", ">-", "|+"),
  lineBreak: fc.constantFrom("\n", "\r\n"),
  comment: fc.constantFrom("", " # web", "   #x: y", " # image: nginx:1"),
  trailing: fc.constantFrom("", " ", "   "),
  nameFirst: fc.boolean(),
  flow: fc.constantFrom("no", "item", "all", "json"),
  bom: fc.boolean(),
  marker: fc.constantFrom("", "---\n", "# top\n---\n"),
  gap: fc.constantFrom("", "\n", "# between\n"),
  end: fc.boolean(),
});
type Style = Omit<typeof style extends fc.Arbitrary<infer One> ? One : never, "quote" | "comment" | "trailing"> & { quote: string; comment: string; trailing: string };

/** A scalar in a style, at an indentation for the block styles. */
function scalar(text: string, { quote, comment, trailing }: Style, deeper: string): string {
  if (quote === "'" || quote === '"') return `${quote}${text}${quote}${trailing}${comment}`;
  if (quote === "") return `${text}${trailing}${comment}`;
  return `${quote}${comment}\n${deeper}${text}`;
}

function pod(images: readonly string[], given: Style): string {
  const { indent, listIndent, nameFirst, flow, bom, marker, gap, end, lineBreak } = given;
  const quoted = { ...given, quote: given.quote.length === 1 && given.quote !== "|" ? given.quote : "", comment: "", trailing: "" };
  const pad = (levels: number): string => " ".repeat(indent * levels);
  let text: string;
  if (flow === "json") {
    text = JSON.stringify({ apiVersion: "v1", kind: "Pod", spec: { containers: images.map((image, i) => ({ name: `c${i}`, image })) } }, null, given.trailing.length);
  } else if (flow === "all") {
    text = `{apiVersion: v1, kind: Pod, spec: {containers: [${images.map((image, i) => `{name: c${i}, image: ${scalar(image, quoted, "")}}`).join(", ")}]}}`;
  } else {
    const dash = pad(1) + (listIndent ? pad(1) : "");
    const items = images.map((image, i) => {
      if (flow === "item") return `${dash}- {name: c${i}, image: ${scalar(image, quoted, "")}}${given.comment}\n`;
      const fields = [`name: c${i}`, `image: ${scalar(image, given, `${dash}    `)}`];
      return `${dash}- ${(nameFirst ? fields : fields.reverse()).join(`\n${dash}  `)}\n`;
    });
    text = `apiVersion: v1\nkind: Pod\nmetadata:\n${pad(1)}name: web\nspec:\n${pad(1)}containers:\n${items.join(gap)}`;
  }
  const whole = `${bom ? "\ufeff" : ""}${flow === "json" ? "" : marker}${end ? text : text.trimEnd()}`;
  return whole.replaceAll("\n", lineBreak);
}

const digestFor = ({ name, tag: version }: ImageReference) => {
  const { registry, repository } = locate(name);
  return digestOf(`${registry}/${repository}:${version}`);
};

const RUNS = { seed: 20260615, numRuns: 1500 };

describe("any pod in any style", () => {
  test("is pinned where its images are; without the digests it is the old text", async () => {
    await fc.assert(fc.asyncProperty(fc.array(reference, { minLength: 1, maxLength: 3 }), style, async (references, given) => {
      const before = pod(references.map(formatReference), given);
      const files = { "pod.yaml": before };
      const { refused } = await pinned(files);
      assert.deepEqual(refused, []);
      const after = files["pod.yaml"];
      const { sites, unread } = await locateFile({ path: "pod.yaml", text: after, encoding: "utf-8" }, roleOf("pod.yaml", new Set(), false));
      assert.deepEqual(unread, []);
      const wanted = references.map((one) => formatReference({ ...one, digest: digestFor(one) }));
      assert.deepEqual(sites.map(({ raw }) => raw), wanted);
      assert.equal(after.replaceAll(/@sha256:[0-9a-f]{64}/g, ""), before);
      await pinned(files);
      assert.equal(files["pod.yaml"], after);
    }), RUNS);
  });
});

describe("any kustomization in any style", () => {
  const entry = fc.record({
    name: word.filter((text) => /[a-z]/.test(text)), tag: fc.constantFrom("v1", "1.27.0", "2024-01-01x", "latest"),
    newName: fc.boolean(), reverse: fc.boolean(), quote: fc.constantFrom("", "'", '"'), comment: fc.constantFrom("", " # c", "   #  newTag: x"), flow: fc.boolean(),
  });
  const layout = fc.record({ pad: fc.constantFrom("", "  ", "    "), space: fc.constantFrom(" ", "   "), lineBreak: fc.constantFrom("\n", "\r\n"), end: fc.constantFrom("", "\n", "\nresources:\n- a.yaml\n") });

  test("gets a digest for each entry; without those lines it is the old text", async () => {
    await fc.assert(fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 4 }), layout, async (entries, { pad, space, lineBreak, end }) => {
      const lines = entries.map(({ name, tag: version, newName, reverse, quote, comment, flow }) => {
        const fields = [`name: ${name}`, ...(newName ? [`newName: ghcr.io/acme/${name}`] : []), `newTag: ${quote}${version}${quote}`];
        if (reverse) fields.reverse();
        if (flow) return `${pad}-${space}{${fields.join(", ")}}${comment}`;
        return `${pad}-${space}${fields.map((field) => field + (field.startsWith("newTag") ? comment : "")).join(`\n${pad} ${space}`)}`;
      });
      const before = `kind: Kustomization\nimages:\n${lines.join("\n")}${end}`.replaceAll("\n", lineBreak);
      const files = { "kustomization.yaml": before };
      const { refused, report } = await pinned(files);
      assert.deepEqual(refused, []);
      assert.equal(report.summary.states.pinned, entries.length);
      const after = files["kustomization.yaml"];
      const digests = [...after.matchAll(/sha256:[0-9a-f]{64}/g)].map(([digest]) => digest);
      assert.deepEqual(digests, entries.map(({ name, tag: version, newName }) => digestFor({ name: newName ? `ghcr.io/acme/${name}` : name, tag: version })));
      assert.equal(after.replaceAll(/, digest: sha256:[0-9a-f]{64}|\r?\n +digest: sha256:[0-9a-f]{64}/g, ""), before);
      await pinned(files);
      assert.equal(files["kustomization.yaml"], after);
    }), RUNS);
  });
});

describe("any values in any style", () => {
  const image = fc.record({
    repository: word.filter((text) => /[a-z]/.test(text)), registry: fc.constantFrom(undefined, "ghcr.io", "docker.io"), tag: fc.constantFrom("v1", '"1.10"', "'7'", "1.27.0"),
    key: fc.constantFrom("digest", "sha"), empty: fc.constantFrom('""', "''", "", "null", "~"), comment: fc.constantFrom("", " # c"), last: fc.boolean(),
  });

  test("gets a digest in each empty digest key; everything else is the old text", async () => {
    await fc.assert(fc.asyncProperty(fc.array(image, { minLength: 1, maxLength: 3 }), fc.constantFrom("\n", "\r\n"), fc.constantFrom("  ", "    "), async (images, lineBreak, pad) => {
      const blocks = images.map(({ repository, registry, tag: version, key, empty, comment, last }, i) => {
        const fields = [...(registry === undefined ? [] : [`registry: ${registry}`]), `repository: ${repository}`, `tag: ${version}`];
        const digest = `${key}:${empty === "" ? "" : ` ${empty}`}${comment}`;
        return `app${i}:\n${pad}image:\n${[...(last ? [] : [digest]), ...fields, ...(last ? [digest] : [])].map((field) => `${pad}${pad}${field}\n`).join("")}`;
      });
      const before = `# values\n${blocks.join("\n")}`.replaceAll("\n", lineBreak);
      const files = { "values.yaml": before };
      const { refused, report } = await pinned(files, { unsafe: true });
      assert.deepEqual(refused, []);
      assert.equal(report.summary.states.pinned, images.length);
      const after = files["values.yaml"];
      const lines = after.split(lineBreak);
      const old = before.split(lineBreak);
      assert.equal(lines.length, old.length);
      const changed = lines.filter((line, i) => line !== old[i]);
      assert.equal(changed.length, images.length);
      for (const [i, line] of changed.entries()) {
        const { repository, registry = "docker.io", tag: version, key, comment } = images[i]!;
        const digest = digestFor({ name: `${registry}/${repository}`, tag: version.replaceAll(/["']/g, "") });
        assert.match(line, new RegExp(`^\\s+${key}: (["']?)${key === "sha" ? digest.slice("sha256:".length) : digest}\\1${comment}$`));
      }
      await pinned(files, { unsafe: true });
      assert.equal(files["values.yaml"], after);
    }), RUNS);
  });
});
