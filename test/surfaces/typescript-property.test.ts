/** Programs as people write them: a pin is wherever the image is, in whichever file, and nowhere else. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { formatReference, type ImageReference, locate } from "../../src/model/reference.ts";
import { digestOf, type Files, pinned, workspace, surveyed } from "../pipeline/memory.ts";

const word = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:\.|_|__|-)[a-z0-9]{1,8})?$/);
const reference: fc.Arbitrary<ImageReference> = fc.record({ host: fc.constantFrom("", "ghcr.io/", "localhost:5000/"), path: fc.array(word, { minLength: 1, maxLength: 3 }), tag: fc.constantFrom("1.27", "latest", "v1.4.0-rc.1", "7") })
  .map(({ host, path, tag }) => ({ name: `${host}${path.join("/")}`, tag }))
  .filter(({ name }) => /[a-z]/.test(name));

/** How an image gets from its literal to the library. */
const WAYS = ["inline", "const", "object", "enum", "imported", "default", "namespace", "function", "template", "sum", "property"] as const;

const program = fc.record({
  images: fc.uniqueArray(reference, { minLength: 1, maxLength: 6, selector: formatReference }),
  ways: fc.array(fc.constantFrom(...WAYS), { minLength: 6, maxLength: 6 }),
  quote: fc.constantFrom('"', "'", "`"),
  lineBreak: fc.constantFrom("\n", "\r\n"),
  bom: fc.boolean(),
  comment: fc.constantFrom("", " // web", " /* image: \"nginx:1\" */"),
  library: fc.constantFrom("plus", "pulumi", "models"),
});
type Program = typeof program extends fc.Arbitrary<infer One> ? One : never;

interface Written {
  readonly main: string[];
  readonly images: string[];
  readonly uses: string[];
}

/** Writes one image and its use; `i` keeps names apart. */
function write(image: ImageReference, way: (typeof WAYS)[number], i: number, quote: string, { main, images, uses }: Written): void {
  const text = `${quote}${formatReference(image)}${quote}`;
  // An enum member can be no template.
  const plain = quote === "`" ? `"${formatReference(image)}"` : text;
  const shown: Record<(typeof WAYS)[number], () => string> = {
    inline: () => text,
    const: () => (main.push(`const image${i} = ${text};`), `image${i}`),
    object: () => (main.push(`const images${i} = { web: { stable: ${text} }, other: "x" } as const;`), `images${i}.web["stable"]`),
    enum: () => (main.push(`enum Image${i} { Web = ${plain} }`), `Image${i}.Web`),
    imported: () => (images.push(`export const NAMED${i} = ${text};`), main.unshift(`import { NAMED${i} as named${i} } from "./images.js";`), `named${i}`),
    default: () => (images.push(`export const ALSO${i} = { web: ${text} };`), main.unshift(`import { ALSO${i} } from "./images";`), `ALSO${i}.web`),
    namespace: () => (images.push(`export const SPACE${i} = ${text};`), main.unshift(`import * as all${i} from "./images";`), `all${i}.SPACE${i}`),
    function: () => (main.push(`const make${i} = (image: string) => image;`), `make${i}(${text})`),
    template: () => (main.push(`const name${i} = ${quote}${image.name}${quote};`), `\`\${name${i}}:${image.tag}\``),
    sum: () => (main.push(`const tag${i} = ${quote}${image.tag}${quote};`), `${quote}${image.name}:${quote} + tag${i}`),
    property: () => (main.push(`class Web${i} { static readonly image = ${text}; }`), `Web${i}.image`),
  };
  uses.push(shown[way]());
}

function files({ images, ways, quote, lineBreak, bom, comment, library }: Program): Files {
  const written: Written = { main: [], images: [], uses: [] };
  images.forEach((image, i) => write(image, ways[i]!, i, quote, written));
  const containers = `containers: [${written.uses.map((use, i) => `\n    { name: "c${i}", image: ${use} },${comment}`).join("")}\n  ]`;
  const [line, made] = {
    plus: ['import * as kplus from "cdk8s-plus-32";', `new kplus.Deployment(chart, "web", { ${containers} });`],
    pulumi: ['import * as k8s from "@pulumi/kubernetes";', `new k8s.core.v1.Pod("web", { spec: { ${containers} } });`],
    models: ['import { Pod } from "kubernetes-models/v1";', `new Pod({ metadata: { name: "web" }, spec: { ${containers} } });`],
  }[library]!;
  const text = (lines: readonly string[]): string => `${bom ? "\ufeff" : ""}${lines.join("\n")}\n`.replaceAll("\n", lineBreak);
  return { "main.ts": text([line!, ...written.main, made!]), "images.ts": text([...written.images, "export {};"]) };
}

const read = async (all: Files): Promise<string[]> =>
  (await surveyed(workspace(all))).located.flatMap(({ sites }) => sites).map(({ reading }) => (reading.is === "reference" ? formatReference(reading.reference) : reading.is)).sort();

describe("a generated program", () => {
  test("has its images where they stand, and a pin changes them and nothing else", async () => {
    await fc.assert(fc.asyncProperty(program, async (given) => {
      const before = files(given);
      assert.deepEqual(await read(before), given.images.map(formatReference).sort());
      const after: Files = { ...before };
      const outcome = await pinned(after);
      assert.deepEqual(outcome.refused, []);
      assert.equal(outcome.pinned, given.images.length);
      const wanted = given.images.map((image) => {
        const { registry, repository } = locate(image.name);
        return { ...image, digest: digestOf(`${registry}/${repository}:${image.tag}`) };
      });
      assert.deepEqual(await read(after), wanted.map(formatReference).sort());
      for (const [file, text] of Object.entries(after)) assert.equal(String(text).replaceAll(/@sha256:[0-9a-f]{64}/g, ""), before[file]);
      assert.equal((await pinned({ ...after })).pinned, 0);
    }), { numRuns: 40 });
  });

  test("cut off or overwritten anywhere, is read or named, and never crashes or hangs", async () => {
    await fc.assert(fc.asyncProperty(program, fc.nat(), fc.nat(), fc.constantFrom("", "{", "`", "${", "/*", "(", "...", "=>", "import ", "\u2028", "\\", "<a>"), async (given, at, length, put) => {
      const before = files(given);
      const text = String(before["main.ts"]);
      const from = at % text.length;
      const mutated = { ...before, "main.ts": text.slice(0, from) + put + text.slice(from + (length % 9)) };
      const started = performance.now();
      const { located } = await surveyed(workspace(mutated));
      assert.ok(performance.now() - started < 5000);
      for (const { path, sites } of located) for (const { span } of sites) assert.ok(span.start <= span.end && span.end <= String(mutated[path as "main.ts"]).length);
    }), { numRuns: 200 });
  });
});
