import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Ajv } from "ajv";
import schema from "../../schemas/policy.schema.json" with { type: "json" };
import { findPolicy, parsePolicy, readPolicy } from "../../src/files/policy.ts";
import { PolicyError } from "../../src/files/policy-parse.ts";
import { LadingError } from "../../src/model/errors.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";

const RULES = ["pin-by-digest", "digest-exists", "known-registry"];

const parse = (text: string) => parsePolicy(text, "lading.yaml", RULES);

test("an empty file is the defaults", async () => {
  for (const text of ["", "# nothing\n", "---\n", "{}"]) assert.deepEqual(await parse(text), { ...DEFAULT_POLICY, file: "lading.yaml" });
});

test("everything that can be said", async () => {
  const policy = await parse(`# yaml-language-server: $schema=policy.schema.json
version: 1
online: true
render: true
failOn: error
registries:
  ours: ["ghcr.io/acme/**", "registry.acme.example:5000/**"]
  plainHttp: [registry.lan:5000, "[::1]:5000", localhost]
  certificateAuthorities: [acme.pem]
mirrors:
  - {from: docker.io, to: "mirror.acme.example:5000/hub/docker.io"}
images:
  - match: ghcr.io/acme/**
    signed: {by: [ci]}
  - match: ghcr.io/acme/dev/**
    pin: false
    signed: {by: [release, qa], need: all}
  - match: docker.io/library/nginx
    signed: false
signers:
  release: {key: keys/release.pub, requireLog: true}
  ci:
    keyless:
      identity: https://github.com/acme/app/.github/workflows/release.yml@refs/tags/*
      issuer: https://token.actions.githubusercontent.com
      root: sigstore
      extensions: {sourceRepositoryURI: https://github.com/acme/app}
  qa: {notation: {authorities: [ca.pem], identities: ["x509.subject: C=US, ST=WA, O=acme"]}}
trustRoots:
  sigstore:
    file: keys/trusted_root.json
    thresholds: {timestamp: 2}
    update: {mirror: https://tuf-repo-cdn.sigstore.dev/}
evidence:
  - {match: docker.io/library/*, repository: registry.acme.example/evidence}
fields:
  - group: acme.example
    kinds: [Widget, WidgetSet]
    path: spec.runner
    shape: object
    keys: {repository: repo, tag: version, digestHex: sha}
  - {group: "", kinds: [ConfigMap], path: data.image}
paths:
  include: [apps/**]
  exclude: ["**/vendor/**"]
rules:
  pin-by-digest: error
  digest-exists: off
waivers:
  - rule: pin-by-digest
    image: nginx:1.27
    reason: waiting for the vendor
    until: 2027-02-28
`);
  assert.deepEqual(policy, {
    file: "lading.yaml",
    online: true,
    render: true,
    failOn: "error",
    registries: {
      ours: ["ghcr.io/acme/**", "registry.acme.example:5000/**"],
      plainHttp: ["registry.lan:5000", "[::1]:5000", "localhost"],
      certificateAuthorities: ["acme.pem"],
    },
    mirrors: [{ from: "docker.io", to: "mirror.acme.example:5000/hub/docker.io" }],
    images: [
      { match: "ghcr.io/acme/**", pin: true, signed: { by: ["ci"], need: "any" } },
      { match: "ghcr.io/acme/dev/**", pin: false, signed: { by: ["release", "qa"], need: "all" } },
      { match: "docker.io/library/nginx", pin: true, signed: false },
    ],
    signers: [
      { is: "key", name: "release", key: { path: "keys/release.pub", line: 21, column: 18 }, requireLog: true },
      {
        is: "keyless", name: "ci", identity: "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/*", match: "glob",
        issuer: "https://token.actions.githubusercontent.com", root: "sigstore", extensions: { 12: "https://github.com/acme/app" },
      },
      { is: "notation", name: "qa", authorities: [{ path: "ca.pem", line: 28, column: 33 }], signingAuthorities: [], timestampAuthorities: [], identities: ["x509.subject: C=US, ST=WA, O=acme"] },
    ],
    trustRoots: [{
      name: "sigstore", file: { path: "keys/trusted_root.json", line: 31, column: 11 }, thresholds: { log: 1, certificateLog: 1, timestamp: 2 },
      update: { mirror: "https://tuf-repo-cdn.sigstore.dev", target: "trusted_root.json" },
    }],
    evidence: [{ match: "docker.io/library/*", repository: "registry.acme.example/evidence" }],
    fields: [
      ...["Widget", "WidgetSet"].map((kind) => ({ group: "acme.example", kind, path: "spec.runner", shape: "object", origin: "policy", pin: "set", keys: { repository: "repo", tag: "version", digestHex: "sha" } })),
      { group: "", kind: "ConfigMap", path: "data.image", shape: "ref", origin: "policy", pin: "append" },
    ],
    paths: { include: ["apps/**"], exclude: ["**/vendor/**"] },
    rules: { "pin-by-digest": "error", "digest-exists": "off" },
    waivers: [{ rule: "pin-by-digest", image: "nginx:1.27", reason: "waiting for the vendor", until: "2027-02-28", line: 50 }],
  });
});

const key = "signers:\n  release: {key: keys/release.pub}";
const signed = (need: string, rest = ""): string => `images:\n  - {match: a.example/b, signed: ${need}}\n${rest}`;
const keyless = (identity: string, { issuer = "https://issuer.example", root = "sigstore", match }: { issuer?: string; root?: string; match?: string } = {}, more = ""): string =>
  signed("{by: [ci]}", `signers: {ci: {keyless: {identity: ${JSON.stringify(identity)}${issuer === "" ? "" : `, issuer: ${issuer}`}, root: ${root}${match === undefined ? "" : `, match: ${match}`}}}}\ntrustRoots: {sigstore: {file: a.json${more === "" ? "" : `, ${more}`}}}`);

const waiver = (lines: string): string => `waivers:\n  - rule: pin-by-digest\n    path: a\n    reason: r\n    until: 2027-01-31\n${lines}`;

/** A mistake, and what is said about it: `line:column code`, and a part of the sentence. */
const MISTAKES: readonly (readonly [text: string, expected: readonly string[], part?: RegExp])[] = [
  ["onlin: true", ["1:1 unknown-key"], /did you mean "online"\?/],
  ["zebra: true", ["1:1 unknown-key"], /known here: version, online, render, failOn/],
  ["registries:\n  our: []", ["2:3 unknown-key"], /did you mean "ours"/],
  ["images:\n  - match: ghcr.io/a/b\n    pinned: true", ["3:5 unknown-key"], /did you mean "pin"/],
  ["version: 2", ["1:10 wrong-value"], /it can only be 1/],
  ["online: yes", ["1:9 wrong-type"], /online is "yes", and should be true or false/],
  ["failOn: never", ["1:9 wrong-value"], /it is one of error, warning, info/],
  ["paths:", ["1:7 wrong-type"], /paths is empty, and should be keys with values/],
  ["paths:\n  include: apps/**", ["2:12 wrong-type"], /should be a list/],
  ["- a", ["1:1 wrong-type"], /the policy is a list/],
  ["hello", ["1:1 wrong-type"]],
  ["rules:\n  pin-by-digst: error", ["2:3 unknown-rule"], /did you mean "pin-by-digest"/],
  ["rules:\n  pin-by-digest: fatal", ["2:18 wrong-value"], /rules\.pin-by-digest is "fatal"; it is one of error, warning, info, off/],
  ["rules:\n  __proto__: off", ["2:3 unknown-rule"], /lading rules/],
  ["online: true\nonline: false", ["2:1 duplicate-key"]],
  ["online: true\nonline: false\nzebra: 1", ["2:1 duplicate-key", "3:1 unknown-key"]],
  ["online: [", ["1:10 syntax"]],
  ["online: true\n\tfailOn: error", ["2:1 syntax"]],
  ["online: true\n---\nonline: true", ["2:1 syntax"], /one YAML document/],
  ["images:\n  - match: **/web", ["2:12 alias"], /in quotes: "\*\*\/web"/],
  ["images:\n  - match: ghcr.io/a/b\n  - match: quay.io/a\n  - match: ghcr.io/a/b", ["4:12 duplicate"]],
  ["images:\n  - pin: false", ["2:5 missing-key"], /"match" is missing/],
  ["images:\n  - match: ''", ["2:12 wrong-value"], /images\[0\]\.match is empty/],
  ["images:\n  - match: ghcr.io/[a", ["2:12 bad-glob"], /not a glob/],
  ["images:\n  - match: '!ghcr.io/**'", ["2:12 bad-glob"]],
  ["images:\n  - match: nginx", ["2:12 never-matches"], /write "docker\.io\/library\/nginx"/],
  ["images:\n  - match: nginx:1.27", ["2:12 never-matches"], /write "docker\.io\/library\/nginx"/],
  ["images:\n  - match: acme/web", ["2:12 never-matches"], /write "docker\.io\/acme\/web"/],
  ["images:\n  - match: docker.io/nginx", ["2:12 never-matches"], /write "docker\.io\/library\/nginx"/],
  ["images:\n  - match: index.docker.io/**", ["2:12 never-matches"], /write "docker\.io\/\*\*"/],
  ["images:\n  - match: ghcr.io/acme/web:1.4", ["2:12 never-matches"], /write "ghcr\.io\/acme\/web"/],
  ["images:\n  - match: '*'", ["2:12 never-matches"], /write "\*\*"/],
  ["registries:\n  ours: [ghcr.io]", ["2:10 never-matches"], /write "ghcr\.io\/\*\*"/],
  ["registries:\n  ours: [ghcr.io/a/**, quay.io/**, ghcr.io/a/**]", ["2:36 wrong-value"], /twice/],
  ["registries:\n  plainHttp: ['http://registry.lan']", ["2:15 bad-host"]],
  ["mirrors:\n  - from: docker.io\n    to: https://mirror.lan", ["3:9 bad-mirror"], /without scheme/],
  ["mirrors:\n  - from: docker.io\n    to: mirror.lan/", ["3:9 bad-mirror"]],
  ["mirrors:\n  - from: docker.io\n    to: 7", ["3:9 wrong-type"]],
  ["mirrors:\n  - from: nginx\n    to: mirror.lan", ["2:11 bad-mirror"]],
  ["mirrors:\n  - from: docker.io", ["2:5 missing-key"], /"to" is missing/],
  ["mirrors:\n  - {from: docker.io, to: a.lan}\n  - {from: docker.io, to: b.lan}", ["3:12 duplicate"]],
  ["fields:\n  - {kinds: [A], path: b}", ["2:5 missing-key"], /"group" is missing/],
  ["fields:\n  - {model: '@kubernetes-models/a/b/v1/C', path: b}", ["2:5 wrong-value"], /fields\[0\] names a model/],
  ["fields:\n  - model: Widget", ["2:12 wrong-value"], /fields\[0\]\.model is no path of a type/],
  [signed("true"), ["2:34 bad-need"], /does not say by whom/],
  [signed("7"), ["2:34 wrong-type"], /should be false, or say by whom/],
  [signed("{by: []}"), ["2:39 wrong-value"], /empty list/],
  [signed("{}"), ["2:34 missing-key"], /"by" is missing/],
  [signed("{by: [releas]}", key), ["2:40 unknown-signer", "4:3 unused"], /did you mean "release"/],
  [signed("{by: [release], need: 2}", key), ["2:56 bad-need"], /only 1 can sign/],
  [signed("{by: [release], need: 0}", key), ["2:56 bad-need"]],
  [signed("{by: [release], need: most}", key), ["2:56 bad-need"], /any, all or a number/],
  [signed("{by: [release]}", "signers:\n  release: {}"), ["4:3 signer-kind"], /needs a key, keyless or notation/],
  [signed("{by: [release]}", "signers:\n  release: {key: a, notation: {authorities: [b]}}"), ["4:3 signer-kind"], /key and notation/],
  [signed("{by: [release]}", "signers:\n  release: {kye: a}"), ["4:13 unknown-key"], /did you mean "key"/],
  [signed("{by: [release]}", "signers:\n  release: {key: a, requireLog: true}"), ["4:33 unknown-root"], /names none/],
  [signed("{by: ['a\\tb']}", "signers:\n  \"a\\tb\": {key: a}"), ["2:40 unknown-signer", "4:3 bad-name", "4:3 unused"]],
  [keyless("https://github.com/acme/app/.github/workflows/r.yml@refs/heads/main", { issuer: "" }), ["3:25 missing-key"], /"issuer" is missing; say who vouches/],
  [keyless("https://github.com/acme/app/x", { root: "sigstor" }), ["3:107 unknown-root", "4:14 unused"], /did you mean "sigstore"/],
  [keyless("https://github.com/acme/app/x", { issuer: "https://*" }), ["3:77 bad-issuer"]],
  [keyless("https://github.com/acme/*", { match: "exact" }), ["3:36 any-identity"]],
  ...["*", "**", "https://*", "https://**/acme/app", "https://github.com/**", "https://github.com/acme*", "https://github.*/acme/app", "*@*", "*@*.example", "a*"].map(
    (identity): [string, readonly string[], RegExp] => [keyless(identity), ["3:36 any-identity"], /write/]),
  [signed("{by: [q]}", "signers:\n  q: {notation: {authorities: [a], identities: [acme]}}"), ["4:49 bad-subject"], /x509\.subject/],
  ["trustRoots:\n  sigstore: {file: a.json}", ["2:3 unused"]],
  [keyless("https://github.com/acme/app/x", {}, "update: {mirror: 'https://tuf.acme.example'}"), ["4:47 bad-mirror"], /"initialRoot" is missing/],
  [keyless("https://github.com/acme/app/x", {}, "update: {mirror: 'http://tuf.acme.example', initialRoot: r.json}"), ["4:56 bad-mirror"], /https/],
  ["evidence:\n  - {match: nginx, repository: a.example/b}", ["2:13 never-matches"]],
  ["evidence:\n  - {match: ghcr.io/acme/*, repository: evidence}", ["2:41 bad-repository"]],
  ["evidence:\n  - {match: ghcr.io/acme/*, repository: 'a.example/b:1'}", ["2:41 bad-repository"]],
  ["paths:\n  exclude: ['!a']", ["2:13 bad-glob"]],
  [waiver("  - rule: pin-by-digest\n    path: b"), ["6:5 missing-key", "6:5 missing-key"], /"reason" is missing; say why[^]*"until" is missing/],
  [waiver("  - rule: pin-by-digest\n    reason: r\n    until: 2027-01-31"), ["6:5 missing-key"], /"image", "path" or both/],
  ["waivers:\n  - {rule: pin-by-digest, path: a, reason: ' ', until: 2027-01-31}", ["2:44 wrong-value"], /say why/],
  ["waivers:\n  - {rule: pin-by-digest, path: a, reason: r, until: 2027-02-29}", ["2:54 bad-date"], /not a day in the calendar/],
  ["waivers:\n  - {rule: pin-by-digest, path: a, reason: r, until: soon}", ["2:54 bad-date"], /YYYY-MM-DD/],
  ["waivers:\n  - {rule: pin-by-digest, path: a, reason: r, until: ''}", ["2:54 wrong-value"], /empty/],
  ["waivers:\n  - {rule: pin-by-digests, path: a, reason: r, until: 2027-01-31}", ["2:12 unknown-rule"]],
  ["\ufeffé: 1\nö: {a: 1}", ["1:1 unknown-key", "2:1 unknown-key"]],
  ["a: 1\nrules: {🚀: off, x: off}", ["1:1 unknown-key", "2:9 unknown-rule", "2:17 unknown-rule"]],
];

for (const [text, expected, part] of MISTAKES)
  test(`mistake: ${JSON.stringify(text)}`, async () => {
    const error = await parse(text).then(() => assert.fail("it was accepted"), (thrown: unknown) => thrown);
    assert.ok(error instanceof PolicyError && error instanceof LadingError, String(error));
    assert.equal(error.kind, "policy");
    assert.deepEqual(error.problems.map(({ line, column, code }) => `${line}:${column} ${code}`), expected, error.message);
    if (part) assert.match(error.message, part);
    const [first] = error.problems;
    assert.ok(error.message.startsWith(`lading.yaml:${first!.line}:${first!.column}: `));
  });

test("hostile input ends in a policy error", async () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh".split("").map((key, index) => `${key}: &${key} [${`*${"abcdefgh"[index]},`.repeat(9)}]`).join("\n")}`;
  for (const text of [bomb, "[".repeat(100_000), "a: &a [*a]", 'online: "\\e[31m"']) {
    const error = await parse(text).then(() => undefined, (thrown: unknown) => thrown);
    assert.ok(error instanceof PolicyError, `${text.slice(0, 30)}: ${String(error)}`);
    assert.doesNotMatch(error.message, /\u001b/);
  }
});

test("the example of the schema is valid by the schema and by the program", async () => {
  const validate = new Ajv({ strictRequired: false }).compile(schema);
  for (const example of schema.examples) {
    assert.ok(validate(example), JSON.stringify(validate.errors));
    await parse(JSON.stringify(example));
  }
});

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lading-policy-"));
});
after(() => rm(folder, { recursive: true }));

async function tree(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, name, path, ".."), { recursive: true });
    await writeFile(join(folder, name, path), text);
  }
  return join(folder, name);
}

test("the nearest policy up to the repository root is taken", async () => {
  const root = await tree("nearest", { "lading.yaml": "", "outer/.git/HEAD": "", "outer/lading.yml": "", "outer/a/lading.yaml": "", "outer/a/b/x": "", "outer/c/x": "" });
  assert.equal(await findPolicy(join(root, "outer/a/b")), join(root, "outer/a/lading.yaml"));
  assert.equal(await findPolicy(join(root, "outer/c")), join(root, "outer/lading.yml"));
});

test("nothing above the root counts, and outside of a repository only the folder itself", async () => {
  const root = await tree("above", { "lading.yaml": "", "work/.git": "gitdir: elsewhere", "work/a/x": "", "loose/x": "" });
  assert.equal(await findPolicy(join(root, "work/a")), undefined);
  assert.equal(await findPolicy(join(root, "loose")), undefined);
  assert.equal(await findPolicy(root), join(root, "lading.yaml"));
});

test("both names are an error", async () => {
  const root = await tree("both", { "lading.yaml": "", "lading.yml": "" });
  await assert.rejects(findPolicy(root), (error) => error instanceof LadingError && error.kind === "policy");
});

test("a link out of the repository is refused", async () => {
  const root = await tree("link", { secret: "password: x", "work/.git/HEAD": "", "inner/.git/HEAD": "", "inner/shared": "" });
  await symlink("../secret", join(root, "work/lading.yaml"));
  await symlink("shared", join(root, "inner/lading.yaml"));
  await assert.rejects(findPolicy(join(root, "work")), (error) => error instanceof LadingError && error.kind === "policy");
  assert.equal(await findPolicy(join(root, "inner")), join(root, "inner/lading.yaml"));
});

test("a file that cannot be read is a policy error with its name", async () => {
  const root = await tree("unreadable", { "latin1.yaml": "", "folder/x": "", "good.yaml": "online: true" });
  await writeFile(join(root, "latin1.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xfc]));
  for (const name of ["latin1.yaml", "folder", "missing.yaml"])
    await assert.rejects(readPolicy(join(root, name), RULES), (error) => error instanceof LadingError && error.kind === "policy" && error.message.includes(name));
  assert.equal((await readPolicy(join(root, "good.yaml"), RULES, "good.yaml")).file, "good.yaml");
});

test("a field that cannot be meant is named with its line", async () => {
  const CASES: readonly (readonly [field: string, column: number, message: RegExp])[] = [
    ["{group: a.b, kinds: [C], path: 'spec..image'}", 32, /is no path/],
    ["{group: a.b, kinds: [C], path: spec.image, keys: {tag: t}}", 50, /keys belong to the shape object/],
    ["{group: a.b, kinds: [C], path: spec.v, shape: version-only, pin: append}", 66, /cannot be pinned by "append"/],
    ["{group: a.b, kinds: [C], path: spec, shape: object, pin: set}", 58, /need digest or digestHex/],
    ["{group: a.b, kinds: [C], path: spec, shape: object, keys: {repository: a}, pin: append}", 81, /keys need ref/],
  ];
  for (const [field, column, message] of CASES) {
    const error = await parse(`online: true\nfields:\n- ${field}\n`).then(() => undefined, (one: unknown) => one);
    assert.ok(error instanceof PolicyError, field);
    assert.deepEqual(error.problems.map((one) => [one.code, one.line, one.column]), [["bad-field", 3, column + 2]], field);
    assert.match(error.problems[0]!.message, message);
  }
  for (const [field, code] of [["{group: a.b, path: x}", "missing-key"], ["{group: a.b, kinds: [C], path: x, shape: image}", "wrong-value"], ["{group: a.b, kinds: [C], path: x, digest: y}", "unknown-key"]]) {
    await assert.rejects(parse(`fields:\n- ${field}\n`), (error: PolicyError) => error.problems[0]!.code === code && error.problems[0]!.line === 2, field);
  }
});
