/** What a check says, and everything that can hide what it says. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Finding } from "../../src/model/finding.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import type { Report } from "../../src/model/report.ts";
import { assertAddsUp } from "../../src/report/accounts.ts";
import { checked, digestOf, stub, unknown, usual, known, type Files } from "./memory.ts";

const pod = (...images: readonly string[]): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n${images.map((image, i) => `    - name: c${i}\n      image: ${image}\n`).join("")}`;

/** `rule` for what counts, `(rule by comment)` for what is ignored. */
const said = ({ findings }: Report): string[] => findings.map(({ rule, ignored }: Finding) => (ignored ? `(${rule} by ${ignored.by})` : rule));

const D = digestOf("docker.io/library/nginx:1.27");

describe("a check", () => {
  test("without a registry says what can be said, and names the rules that it did not run", async () => {
    const report = await checked({ "a.yaml": pod("nginx:1.27", "nginx", `nginx:1.27@${D}`) });
    assert.deepEqual(said(report), ["pin-by-digest", "pin-by-digest", "name-a-tag"]);
    assert.equal(report.mode, "offline");
    assert.deepEqual(report.rules.skipped.map(({ rule }) => rule), ["registry-of-ours", "digest-exists", "tag-stands", "pin-the-index", "signed-by-a-trusted-signer", "signature-is-for-this-digest", "no-older-than-before"]);
    assert.ok(!report.rules.ran.includes("registry-answers") && !report.rules.ran.includes("evidence-answers"));
  });

  test("with a registry asks each question once", async () => {
    const { gather, asked } = stub();
    await checked({ "a.yaml": pod("nginx:1.27", "docker.io/library/nginx:1.27", "index.docker.io/nginx:1.27"), "b.yaml": pod("nginx:1.27") }, { gather });
    assert.deepEqual(asked, ["HEAD docker.io/library/nginx:1.27"]);
  });

  test("names the flag that an unsafe pin takes, and why it is unsafe", async () => {
    const { findings } = await checked({ "values.yaml": "image:\n  repository: a/b\n  tag: v1\n", "pod.yaml": pod("a/b:1") });
    assert.deepEqual(findings.map(({ help }) => help), ["run `lading pin`", "`lading pin --unsafe-fixes` writes it; look at the result, since the chart may use the tag elsewhere, in a label or a version comparison"]);
  });

  test("asks for the pinned digest and for its tag", async () => {
    const { gather, asked } = stub();
    const report = await checked({ "a.yaml": pod(`nginx:1.27@${D}`) }, { gather });
    assert.deepEqual(asked.sort(), [`HEAD docker.io/library/nginx:1.27`, `HEAD docker.io/library/nginx@${D}`].sort());
    assert.deepEqual(said(report), []);
    assert.equal(report.mode, "online");
  });

  test("reads an index only where a single image is pinned", async () => {
    const { gather, asked } = stub(({ selector, body }) =>
      selector === D ? known(D, { kind: "image" }) : body ? known(digestOf("index"), { children: [D] }) : known(digestOf("index")));
    const report = await checked({ "a.yaml": pod(`nginx:1.27@${D}`) }, { gather });
    assert.ok(asked.includes(`GET docker.io/library/nginx@${digestOf("index")}`));
    assert.deepEqual(said(report), ["tag-stands", "pin-the-index"]);
  });

  test("a digest that is gone, and a tag that moved", async () => {
    const { gather } = stub(({ selector }) => (selector.includes(":") ? { is: "absent" } : known(digestOf("moved"))));
    assert.deepEqual(said(await checked({ "a.yaml": pod(`nginx:1.27@${D}`) }, { gather })), ["digest-exists", "tag-stands"]);
  });

  test("answers from a cache alone are named so", async () => {
    const fromCache = stub((question) => ({ ...usual(question), value: { ...(usual(question) as { value: object }).value, from: "cache" } }) as never);
    assert.equal((await checked({ "a.yaml": pod("nginx:1.27") }, { gather: fromCache.gather })).mode, "cache");
  });

  test("orders findings and references by file, line and column", async () => {
    const report = await checked({ "b.yaml": pod("b:1", "c:1"), "a.yaml": `apiVersion: v1\nkind: Pod\nspec:\n  volumes:\n  - name: v\n    image: {reference: "v:1"}\n  containers: [{image: "d:1"}, {image: "e:1"}]\n` });
    const places = ({ file, line, column }: { file: string; line: number; column: number }): string => `${file}:${line}:${column}`;
    assert.deepEqual(report.findings.map(({ file, start }) => places({ file, ...start })), ["a.yaml:6:25", "a.yaml:7:25", "a.yaml:7:41", "b.yaml:8:14", "b.yaml:10:14"]);
    assert.deepEqual(report.references.map(places), report.findings.map(({ file, start }) => places({ file, ...start })));
  });

  test("a fix says what would be written, and where", async () => {
    const report = await checked({ "a.yaml": pod("nginx:1.27") }, { gather: stub().gather });
    assert.equal(report.findings[0]!.fix!.text, `nginx:1.27@${D}`);
    assert.deepEqual(report.findings[0]!.fix!.edits.map(({ text, start, end }) => [text, start, end]), [[`nginx:1.27@${D}`, { line: 8, column: 14 }, { line: 8, column: 24 }]]);
  });
});

describe("a registry that cannot be asked", () => {
  const CODES = ["unauthorized", "forbidden", "rate-limited", "server-error", "timeout", "unreachable", "wrong-bytes", "malformed", "too-large", "redirect", "insecure"] as const;
  for (const code of CODES) {
    test(`${code} is its own finding, and neither pinned nor absent`, async () => {
      const { gather } = stub(() => unknown(code, `the registry said ${code}`));
      const report = await checked({ "a.yaml": pod("nginx:1.27", `redis:7@${D}`) }, { gather });
      assert.deepEqual(said(report), ["pin-by-digest", "registry-answers", "registry-answers"]);
      assert.ok(report.findings.filter(({ rule }) => rule === "registry-answers").every(({ label, help }) => label.includes(code) && help!.includes(code)));
      assert.equal(report.findings[0]!.fix, undefined);
      assert.deepEqual([report.summary.states.floating, report.summary.states.pinned], [1, 1]);
    });
  }

  test("what was not asked is no finding", async () => {
    const { gather } = stub(() => unknown("not-asked"));
    assert.deepEqual(said(await checked({ "a.yaml": pod("nginx:1.27") }, { gather })), ["pin-by-digest"]);
  });

  test("a suppression can speak about it", async () => {
    const { gather } = stub(() => unknown("timeout"));
    const text = pod("nginx:1.27 # lading: ignore[registry-answers] behind a firewall");
    assert.deepEqual(said(await checked({ "a.yaml": text }, { gather })), ["pin-by-digest", "(registry-answers by comment)"]);
  });

  test("an image that nobody is to say anything about is not asked for", async () => {
    const { gather, asked } = stub();
    await checked({ "a.yaml": pod("nginx:1.27 # lading: ignore[pin-by-digest] built on the node") }, { gather });
    assert.deepEqual(asked, []);
  });

  test("a waiver for one rule does not silence those that need the registry", async () => {
    const { gather } = stub(() => ({ is: "absent" }));
    const report = await checked({ "a.yaml": pod(`nginx@${D}`) }, {
      gather,
      policy: {
        registries: { ...DEFAULT_POLICY.registries, ours: ["ghcr.io/acme/**"] },
        waivers: [{ rule: "registry-of-ours", image: "nginx@*", reason: "until it is copied", until: "2026-12-31", line: 1 }],
      },
    });
    assert.deepEqual(said(report), ["(registry-of-ours by waiver)", "digest-exists"]);
  });
});

describe("suppressions", () => {
  const with_ = (comment: string, image = "nginx:1.27"): string => pod(`${image} ${comment}`);

  test("on the line", async () => {
    assert.deepEqual(said(await checked({ "a.yaml": with_("# lading: ignore[pin-by-digest] built on the node") })), ["(pin-by-digest by comment)"]);
  });

  test("on the line above, and further comments and blank lines between", async () => {
    const text = pod("nginx:1.27").replace("      image", "      # lading: ignore[pin-by-digest] built on the node\n\n      # more about it\n      image");
    assert.deepEqual(said(await checked({ "a.yaml": text })), ["(pin-by-digest by comment)"]);
  });

  test("on a node around it, for everything in there", async () => {
    const comment = "# lading: ignore[pin-by-digest] a test bed";
    const text = pod("nginx:1.27", "redis:7");
    for (const key of ["spec:", "  containers:"]) {
      assert.deepEqual(said(await checked({ "a.yaml": text.replace(`${key}\n`, `${key} ${comment}\n`) })), ["(pin-by-digest by comment)", "(pin-by-digest by comment)"], key);
      assert.deepEqual(said(await checked({ "a.yaml": text.replace(`${key}\n`, `${comment}\n${key}\n`) })), ["(pin-by-digest by comment)", "(pin-by-digest by comment)"], key);
    }
  });

  test("on a container, for that container alone", async () => {
    const text = pod("nginx:1.27", "redis:7").replace("    - name: c0\n", "    # lading: ignore[pin-by-digest] built on the node\n    - name: c0\n");
    assert.deepEqual(said(await checked({ "a.yaml": text })), ["(pin-by-digest by comment)", "pin-by-digest"]);
  });

  test("at the top of a document, for that document alone", async () => {
    const text = `# lading: ignore[pin-by-digest] a test bed\n${pod("nginx:1.27")}---\n${pod("redis:7")}`;
    assert.deepEqual(said(await checked({ "a.yaml": text })), ["(pin-by-digest by comment)", "pin-by-digest"]);
  });

  test("hide the rules that they name and no others", async () => {
    assert.deepEqual(said(await checked({ "a.yaml": with_("# lading: ignore[pin-by-digest] why", "nginx") })), ["(pin-by-digest by comment)", "name-a-tag"]);
    assert.deepEqual(said(await checked({ "a.yaml": with_("# lading: ignore[pin-by-digest, name-a-tag] why", "nginx") })), ["(pin-by-digest by comment)", "(name-a-tag by comment)"]);
  });

  test("hold until the end of their last day", async () => {
    assert.deepEqual(said(await checked({ "a.yaml": with_("# lading: ignore[pin-by-digest] why until=2026-06-15") })), ["(pin-by-digest by comment)"]);
    const report = await checked({ "a.yaml": with_("# lading: ignore[pin-by-digest] why until=2026-06-14") });
    assert.deepEqual(said(report).sort(), ["current-suppression", "pin-by-digest"]);
  });

  const USELESS: Readonly<Record<string, string>> = {
    "without a reason": "# lading: ignore[pin-by-digest]",
    "with only a date": "# lading: ignore[pin-by-digest] until=2030-01-01",
    "without a rule": "# lading: ignore why",
    "with empty brackets": "# lading: ignore[] why",
    "with a rule that is none": "# lading: ignore[pin-by-digset] why",
    "with a date that is none": "# lading: ignore[pin-by-digest] why until=2026-02-30",
    "with a date in another form": "# lading: ignore[pin-by-digest] why until=30.6.2026",
  };
  for (const [what, comment] of Object.entries(USELESS)) {
    test(`${what} hide nothing, and are a finding`, async () => {
      assert.deepEqual(said(await checked({ "a.yaml": with_(comment) })).sort(), ["explained-suppression", "pin-by-digest"]);
    });
  }

  test("that hide nothing any more are a finding", async () => {
    const report = await checked({ "a.yaml": with_("# lading: ignore[pin-by-digest] why", `nginx:1.27@${D}`) });
    assert.deepEqual(said(report), ["used-suppression"]);
    assert.deepEqual(report.findings[0]!.start, { line: 8, column: 14 + `nginx:1.27@${D} `.length });
  });

  test("for a rule that was not run are not called unused", async () => {
    const files = { "a.yaml": with_("# lading: ignore[digest-exists] why", `nginx:1.27@${D}`) };
    assert.deepEqual(said(await checked(files)), []);
    assert.deepEqual(said(await checked(files, { gather: stub().gather })), ["used-suppression"]);
  });

  test("are comments, and text that looks like one is none", async () => {
    const text = pod("nginx:1.27").replace("metadata:\n", 'metadata:\n  annotations: {a: "x # lading: ignore[pin-by-digest] why"}\n');
    assert.deepEqual(said(await checked({ "a.yaml": text })), ["pin-by-digest"]);
    const block = `${pod("nginx:1.27")}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  image: |\n    # lading: ignore[pin-by-digest] why\n`;
    assert.deepEqual(said(await checked({ "a.yaml": block })), ["pin-by-digest"]);
  });

  test("work in CRLF files, flow style and kustomizations", async () => {
    assert.deepEqual(said(await checked({ "a.yaml": with_("# lading: ignore[pin-by-digest] why").replaceAll("\n", "\r\n") })), ["(pin-by-digest by comment)"]);
    assert.deepEqual(said(await checked({ "a.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"a:1\"}]} # lading: ignore[pin-by-digest] why\n" })), ["(pin-by-digest by comment)"]);
    assert.deepEqual(said(await checked({ "kustomization.yaml": "images:\n- name: a\n  newTag: v1 # lading: ignore[pin-by-digest] why\n" })), ["(pin-by-digest by comment)"]);
  });

  test("a comment on every line of a large file costs little", async () => {
    const images = Array.from({ length: 1500 }, (_, i) => `nginx:1.${i} # lading: ignore[pin-by-digest] why`);
    const began = performance.now();
    const report = await checked({ "a.yaml": pod(...images) });
    assert.equal(report.summary.findings.ignored, 1500);
    assert.ok(performance.now() - began < 5000, `${performance.now() - began} ms`);
  });
});

describe("waivers", () => {
  const waiver = { rule: "pin-by-digest", reason: "why", until: "2026-12-31", line: 3 };
  const files: Files = { "apps/a.yaml": pod("nginx:1.27"), "tools/b.yaml": pod("ghcr.io/acme/web:1") };
  const run = async (more: object, policy = {}): Promise<string[]> => said(await checked(files, { policy: { file: "lading.yaml", waivers: [{ ...waiver, ...more }], ...policy } }));

  test("by path", async () => assert.deepEqual(await run({ path: "apps/**" }), ["(pin-by-digest by waiver)", "pin-by-digest"]));
  test("by repository, written out", async () => assert.deepEqual(await run({ image: "docker.io/library/nginx" }), ["(pin-by-digest by waiver)", "pin-by-digest"]));
  test("by the reference as it stands", async () => assert.deepEqual(await run({ image: "nginx:1.*" }), ["(pin-by-digest by waiver)", "pin-by-digest"]));
  test("by both, which both must fit", async () => {
    assert.deepEqual(await run({ image: "nginx:*", path: "apps/*" }), ["(pin-by-digest by waiver)", "pin-by-digest"]);
    assert.deepEqual(await run({ image: "nginx:*", path: "tools/*" }), ["pin-by-digest", "used-suppression", "pin-by-digest"]);
  });
  test("hold until the end of their last day, and then are a finding in the policy", async () => {
    assert.deepEqual(await run({ path: "apps/**", until: "2026-06-15" }), ["(pin-by-digest by waiver)", "pin-by-digest"]);
    const report = await checked(files, { policy: { file: "lading.yaml", waivers: [{ ...waiver, path: "apps/**", until: "2026-06-14" }] } });
    const expired = report.findings.find(({ rule }) => rule === "current-suppression")!;
    assert.deepEqual([expired.file, expired.start.line], ["lading.yaml", 3]);
    assert.ok(said(report).includes("pin-by-digest"));
  });
  test("one that nothing matches is a finding", async () => assert.ok((await run({ path: "nowhere/**" })).includes("used-suppression")));
  test("paths count from the policy's folder", async () => {
    const report = await checked(files, { fromPolicy: "clusters/one/", policy: { waivers: [{ ...waiver, path: "clusters/one/apps/**" }] } });
    assert.deepEqual(said(report), ["(pin-by-digest by waiver)", "pin-by-digest"]);
  });
});

describe("the baseline", () => {
  test("hides what it knows and nothing else", async () => {
    const first = await checked({ "a.yaml": pod("nginx:1.27") });
    const baseline = new Set(first.findings.map(({ fingerprint }) => fingerprint));
    assert.deepEqual(said(await checked({ "a.yaml": pod("nginx:1.27") }, { baseline })), ["(pin-by-digest by baseline)"]);
    assert.deepEqual(said(await checked({ "a.yaml": `# new\n\n${pod("nginx:1.27")}` }, { baseline })), ["(pin-by-digest by baseline)"]);
    assert.deepEqual(said(await checked({ "a.yaml": pod("nginx:1.28") }, { baseline })), ["pin-by-digest"]);
    assert.deepEqual(said(await checked({ "b.yaml": pod("nginx:1.27") }, { baseline })), ["pin-by-digest"]);
  });

  test("a second one of the same is new", async () => {
    const baseline = new Set((await checked({ "a.yaml": pod("nginx:1.27") })).findings.map(({ fingerprint }) => fingerprint));
    assert.deepEqual(said(await checked({ "a.yaml": pod("nginx:1.27", "nginx:1.27") }, { baseline })), ["(pin-by-digest by baseline)", "pin-by-digest"]);
  });

  test("fingerprints are unique in a report", async () => {
    const { findings } = await checked({ "a.yaml": pod("nginx", "nginx", "nginx:1"), "b.yaml": pod("nginx") });
    assert.equal(new Set(findings.map(({ fingerprint }) => fingerprint)).size, findings.length);
  });
});

describe("owners", () => {
  const marked = { "a.yaml": pod('nginx:1.27 # {"$imagepolicy": "flux-system:nginx"}', "nginx # renovate: image") };
  test("write their own pins", async () => {
    assert.deepEqual(said(await checked(marked)), ["(pin-by-digest by owner)", "(pin-by-digest by owner)", "name-a-tag"]);
  });
  test("until they are adopted", async () => assert.deepEqual(said(await checked(marked, { adopt: true })), ["pin-by-digest", "pin-by-digest", "name-a-tag"]));
});

describe("the policy", () => {
  test("sets severities and turns rules off", async () => {
    const report = await checked({ "a.yaml": pod("nginx") }, { policy: { rules: { "pin-by-digest": "info", "name-a-tag": "off" } } });
    assert.deepEqual(report.findings.map(({ rule, severity }) => [rule, severity]), [["pin-by-digest", "info"]]);
    assert.ok(report.rules.skipped.some(({ rule, why }) => rule === "name-a-tag" && why === "off in the policy"));
  });

  test("sets the severity of findings about the run, and turns those off", async () => {
    const broken = { "a.yaml": "image: [\n" };
    assert.equal((await checked(broken)).findings[0]!.severity, "error");
    assert.equal((await checked(broken, { policy: { rules: { "readable-document": "info" } } })).findings[0]!.severity, "info");
    assert.deepEqual((await checked(broken, { policy: { rules: { "readable-document": "off" } } })).findings, []);
  });

  test("says which registries are ours", async () => {
    const registries = { ...DEFAULT_POLICY.registries, ours: ["ghcr.io/acme/**"] };
    const report = await checked({ "a.yaml": pod("nginx:1", "ghcr.io/acme/web:1") }, { policy: { registries } });
    assert.deepEqual(said(report), ["pin-by-digest", "registry-of-ours", "pin-by-digest"]);
  });
});

describe("the accounts", () => {
  const everything: Files = {
    "broken.yaml": "image: [\n---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: \"a:1\"}]}\n",
    "chart/Chart.yaml": "name: chart\n",
    "chart/templates/pod.yaml": "{{- if .x }}\nimage: {{ .y }}:{{ .z }}\n{{- end }}\n",
    "chart/values.yaml": "image: {repository: a, tag: v1}\nother:\n  image: {tag: v1}\n",
    "kustomization.yaml": "images:\n- name: a\n  newTag: v1\n- name: b\n  newName: c\n",
    "latin.yaml": Buffer.from("image: gr\xfc\xdfe\n", "latin1"),
    "nothing.yaml": "a: b\n",
    "pod.yaml": pod("nginx:1.27", `nginx@${D}`, '"{{ .x }}"', "ko://x", "Nginx:1", "redis:7 # lading: ignore[pin-by-digest] why", "auto", 'web:1 # {"$imagepolicy": "a:b"}'),
  };

  test("add up: every reference is in one state, and what was not read is named", async () => {
    for (const gather of [undefined, stub().gather, stub(() => unknown("timeout")).gather, stub(() => ({ is: "absent" })).gather]) {
      const report = await checked(everything, gather ? { gather } : {});
      assertAddsUp(report);
      const { summary } = report;
      assert.equal(summary.references, 13);
      assert.equal(Object.values(summary.states).reduce((a, b) => a + b, summary.ignored), 13);
      assert.equal(summary.files, 8);
      assert.equal(summary.templates, 1);
      assert.equal(summary.unreadable, 2);
      assert.deepEqual(report.unread.map(({ file, kind }) => `${file} ${kind}`).sort(), ["broken.yaml syntax", "chart/templates/pod.yaml template", "latin.yaml encoding"]);
    }
  });

  test("count what a pin would fix", async () => {
    const { summary } = await checked(everything, { gather: stub().gather });
    // broken.yaml a:1, kustomization a:v1, pod nginx:1.27; not the unsafe one, the suppressed one, the owned one.
    assert.equal(summary.fixable, 3);
  });

  test("of what was not read are findings, but for templates", async () => {
    const { findings } = await checked(everything);
    assert.deepEqual(findings.filter(({ rule }) => rule === "readable-document").map(({ file }) => file), ["broken.yaml", "latin.yaml"]);
  });

  test("a values file that another file names is read as values", async () => {
    const report = await checked({
      "app.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    path: charts/web\n    helm: {valueFiles: [../../env/prod.yaml]}\n",
      "env/prod.yaml": "image: {repository: a, tag: v1}\n",
      "env/other.yaml": "image: {repository: a, tag: v1}\n",
    });
    assert.deepEqual(report.references.map(({ file, surface }) => `${file} ${surface}`), ["env/other.yaml guesses", "env/prod.yaml helm-values"]);
  });
});
