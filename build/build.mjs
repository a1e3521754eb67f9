/**
 * Builds dist/: one CommonJS file for the command, one for each part that is loaded on demand, and the
 * library as an ES module with its types. CommonJS because it starts faster (docs/decisions/0005-build.md).
 */
import { execFileSync } from "node:child_process";
import * as crypto from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildCatalogue } from "./catalogue.mjs";
import { buildValidators } from "./validators.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");

/** `import("./x.ts")` becomes a `require` of a file of its own, built like the entry. */
const parts = new Map();
const partName = (path) => `${relative(join(root, "src"), path).replace(/\.ts$/, "").replaceAll("/", "-")}.cjs`;

const lazyParts = {
  name: "lazy-parts",
  setup(plugin) {
    plugin.onResolve({ filter: /^\./ }, (args) => {
      if (args.kind !== "dynamic-import" || !args.path.endsWith(".ts")) return undefined;
      const path = resolve(dirname(args.importer), args.path);
      parts.set(path, partName(path));
      return { path: `./${partName(path)}`, external: true };
    });
  },
};

/** Packages that are loaded on demand, or by several parts: each becomes a part as well. */
const SHARED = ["yaml", "ts-morph"];
const PACKAGES = ["globby", "leven", "p-limit", "https-proxy-agent", "http-proxy-agent", "proxy-from-env"];
const packageParts = new Set();
const lazyPackages = {
  name: "lazy-packages",
  setup(plugin) {
    plugin.onResolve({ filter: /^[a-z@]/ }, (args) => {
      if (!SHARED.includes(args.path) && (args.kind !== "dynamic-import" || !PACKAGES.includes(args.path))) return undefined;
      packageParts.add(args.path);
      return { path: `./package-${args.path}.cjs`, external: true };
    });
  },
};

/**
 * `node:crypto` takes as long to load as all of ours that an empty check needs. Each of its names is taken from it when it
 * is first used, which is while Git lists files.
 */
const lazyCrypto = {
  name: "lazy-crypto",
  setup(plugin) {
    plugin.onResolve({ filter: /^node:crypto$/ }, (args) => (args.namespace === "lazy-crypto" ? { path: args.path, external: true } : { path: args.path, namespace: "lazy-crypto" }));
    plugin.onLoad({ filter: /.*/, namespace: "lazy-crypto" }, () => ({
      contents: `for (const name of ${JSON.stringify(Object.keys(crypto))}) Object.defineProperty(exports, name, { enumerable: true, get: () => require("node:crypto")[name] });`,
    }));
  },
};

/** ts-morph carries the types of the standard library as texts, 2 MB of them, and lading asks for none (docs/decisions/0011-typescript.md). */
const withoutLibraryTypes = {
  name: "without-library-types",
  setup(plugin) {
    plugin.onLoad({ filter: /ts-morph-common\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace(/^const libFiles = \[\{[\s\S]*?^\s*\}\];$/m, "const libFiles = [];");
      if (text.length - contents.length < 1_000_000) throw new Error("ts-morph keeps its library types elsewhere now: look at build/build.mjs");
      return { contents };
    });
  },
};

const common = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  minify: !process.env.NOMIN,
  legalComments: "none",
  logLevel: "warning",
  // `require` for parts on demand: the import of a CommonJS file would parse it once more for its exports.
  supported: { "dynamic-import": false },
  plugins: [lazyParts, lazyPackages, lazyCrypto, withoutLibraryTypes],
  // Packages written as ES modules ask for this.
  define: { "import.meta.url": "importMetaUrl" },
  banner: { js: "const importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
};

const part = (source, target, extra = {}) => build({ ...common, ...extra, entryPoints: [source], outfile: join(dist, target) });

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await buildValidators();
await buildCatalogue();

await part(join(root, "src/cli/main.ts"), "main.cjs");
const built = new Set();
for (;;) {
  const next = [...parts].find(([path]) => !built.has(path));
  if (!next) break;
  built.add(next[0]);
  await part(next[0], next[1]);
}
for (const name of packageParts) {
  await build({ ...common, plugins: [withoutLibraryTypes], stdin: { contents: `export * from ${JSON.stringify(name)};`, resolveDir: root }, outfile: join(dist, `package-${name}.cjs`) });
}

// The entry turns on V8's compile cache (Node 22 and later) before it loads anything that is large.
await writeFile(join(dist, "lading.cjs"), "#!/usr/bin/env node\nrequire('node:module').enableCompileCache?.();\nrequire('./main.cjs');\n");
await chmod(join(dist, "lading.cjs"), 0o755);

// The library loads the part with the TypeScript compiler as the command does, instead of holding megabytes of it.
const compilerPart = {
  name: "compiler-part",
  setup(plugin) {
    plugin.onResolve({ filter: /surfaces\/typescript\/locate\.ts$/ }, ({ kind }) => (kind === "dynamic-import" ? { path: "./surfaces-typescript-locate.cjs", external: true } : undefined));
  },
};
await build({ ...common, plugins: [compilerPart], supported: {}, format: "esm", banner: {}, define: {}, minify: false, entryPoints: [join(root, "src/index.ts")], outfile: join(dist, "index.js") });
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "build/types.tsconfig.json")], { stdio: "inherit" });

const files = await readdir(dist);
console.log(`built ${files.filter((file) => file.endsWith("js")).map((file) => basename(file)).join(", ")}`);
