/** What the evidence floor drags along: libraries that compute, and nothing that opens a file or a connection. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { build } from "esbuild";

const { metafile, outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../../src/evidence/index.ts", import.meta.url))],
  bundle: true, platform: "node", target: "node20.19", format: "cjs", minify: true, write: false, metafile: true, logLevel: "silent",
});

describe("the evidence floor, bundled", () => {
  test("needs of Node only what computes", () => {
    const needed = new Set(Object.values(metafile.outputs)[0]!.imports.map(({ path }) => path.replace("node:", "")));
    assert.deepEqual([...needed].filter((name) => !["crypto", "buffer", "util"].includes(name)), []);
  });

  test("holds the libraries that docs/decisions/0022 names, and a part of a megabyte", () => {
    const packages = Object.keys(metafile.inputs).map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]).filter((name) => name?.startsWith("@sigstore"));
    assert.deepEqual([...new Set(packages)].sort(), ["@sigstore/bundle", "@sigstore/core", "@sigstore/protobuf-specs", "@sigstore/verify"]);
    assert.ok(outputFiles[0]!.contents.length < 400_000);
  });
});
