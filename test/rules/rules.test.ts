/** Each rule by example: what it says about one reference, given what a registry says. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SignatureVerdict, Statement } from "../../src/model/evidence.ts";
import type { Answer, Facts, Manifest } from "../../src/model/facts.ts";
import type { Problem, Rule } from "../../src/model/finding.ts";
import { DEFAULT_POLICY, type Policy } from "../../src/model/policy.ts";
import { digestExists } from "../../src/rules/digest-exists.ts";
import { rules } from "../../src/rules/index.ts";
import { literalReference } from "../../src/rules/literal-reference.ts";
import { nameATag } from "../../src/rules/name-a-tag.ts";
import { noOlderThanBefore } from "../../src/rules/no-older-than-before.ts";
import { pinByDigest } from "../../src/rules/pin-by-digest.ts";
import { pinTheIndex } from "../../src/rules/pin-the-index.ts";
import { pinnableField } from "../../src/rules/pinnable-field.ts";
import { registryOfOurs } from "../../src/rules/registry-of-ours.ts";
import { signatureIsForThisDigest } from "../../src/rules/signature-is-for-this-digest.ts";
import { signedByATrustedSigner } from "../../src/rules/signed-by-a-trusted-signer.ts";
import { tagStands } from "../../src/rules/tag-stands.ts";
import { wellFormedReference } from "../../src/rules/well-formed-reference.ts";
import { locateFile } from "../../src/surfaces/locate.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import type { ImageSite } from "../../src/model/site.ts";
import { digestOf, known, unknown } from "../pipeline/memory.ts";

const D1 = digestOf("one");
const D2 = digestOf("two");
const NOT_ASKED = unknown("not-asked");

/** The site that a manifest with this image has. */
async function site(image: string): Promise<ImageSite> {
  const text = `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: ${JSON.stringify(image)}\n`;
  const { sites } = await locateFile({ path: "pod.yaml", text, encoding: "utf-8" }, roleOf("pod.yaml", new Set(), false));
  assert.equal(sites.length, 1);
  return sites[0]!;
}

interface Given {
  readonly facts?: Partial<Facts>;
  readonly policy?: Partial<Policy>;
}

async function problems<Need extends keyof Facts>(rule: Rule<Need>, image: string, { facts, policy }: Given = {}): Promise<Problem[]> {
  const all: Facts = { tagged: NOT_ASKED, pinned: NOT_ASKED, index: NOT_ASKED, reach: { is: "absent" }, signed: { is: "absent" }, before: { is: "absent" }, ...facts };
  return [...rule.check(await site(image), all, { ...DEFAULT_POLICY, ...policy })];
}

const says = async <Need extends keyof Facts>(rule: Rule<Need>, image: string, given?: Given): Promise<boolean> => (await problems(rule, image, given)).length > 0;

describe("pin-by-digest", () => {
  test("a tag can be moved", async () => {
    const [problem] = await problems(pinByDigest, "nginx:1.27");
    assert.match(problem!.label, /1\.27/);
    assert.equal(problem!.fix, undefined);
  });
  test("no tag is worse", async () => assert.ok(await says(pinByDigest, "nginx")));
  test("a digest is what it wants", async () => {
    assert.equal(await says(pinByDigest, `nginx:1.27@${D1}`), false);
    assert.equal(await says(pinByDigest, `nginx@${D1}`), false);
  });
  test("it wishes for the digest that the tag names, when that is known", async () => {
    const [problem] = await problems(pinByDigest, "nginx:1.27", { facts: { tagged: known(D1) } });
    assert.deepEqual(problem!.fix, { set: { digest: D1 }, safe: true });
  });
  test("it wishes for nothing when the registry has no such tag, or could not be asked", async () => {
    for (const tagged of [{ is: "absent" }, unknown("timeout")] as const)
      assert.equal((await problems(pinByDigest, "nginx:1.27", { facts: { tagged } }))[0]!.fix, undefined);
  });
  test("what cannot be judged is not its business", async () => {
    for (const image of ["{{ .Values.image }}", "ko://x", "Nginx:1", "auto"]) assert.equal(await says(pinByDigest, image), false, image);
  });
  test("the policy can say that an image needs no pin, by its full name", async () => {
    const policy = { images: [{ match: "docker.io/library/*", pin: false }] };
    assert.equal(await says(pinByDigest, "nginx:1.27", { policy }), false);
    assert.equal(await says(pinByDigest, "ghcr.io/acme/web:1", { policy }), true);
  });
  test("of several entries the most specific one decides", async () => {
    const policy = { images: [{ match: "ghcr.io/**", pin: false }, { match: "ghcr.io/acme/web", pin: true }] };
    assert.equal(await says(pinByDigest, "ghcr.io/acme/web:1", { policy }), true);
    assert.equal(await says(pinByDigest, "ghcr.io/acme/other:1", { policy }), false);
  });
});

describe("name-a-tag", () => {
  test("neither tag nor digest names a version", async () => assert.ok(await says(nameATag, "ghcr.io:443/acme/web")));
  test("either does", async () => {
    assert.equal(await says(nameATag, "nginx:1.27"), false);
    assert.equal(await says(nameATag, `nginx@${D1}`), false);
    assert.equal(await says(nameATag, "nginx:latest"), false);
  });
});

describe("well-formed-reference", () => {
  const WRONG = ["Nginx:1.27", "nginx:", "nginx:1.27@sha256:abcd", "a@@b", "nginx:1 ", "https://nginx", `nginx@sha256:${"A".repeat(64)}`, `nginx@md5:${"0".repeat(32)}`];
  for (const image of WRONG) test(`${image} is none`, async () => assert.ok(await says(wellFormedReference, image)));
  const RIGHT = ["nginx", "nginx:1.27", `nginx@${D1}`, "localhost:5000/a/b:c", "{{ .x }}", "ko://x", "a_b/c__d.e--f:G_1"];
  for (const image of RIGHT) test(`${image} is fine`, async () => assert.equal(await says(wellFormedReference, image), false));
  test("says what is wrong", async () => assert.match((await problems(wellFormedReference, "Nginx:1"))[0]!.label, /lowercase/));
});

describe("pinnable-field", () => {
  const of = async (text: string): Promise<Problem[]> => {
    const { sites } = await locateFile({ path: "a.yaml", text, encoding: "utf-8" }, roleOf("a.yaml", new Set(), false));
    assert.equal(sites.length, 1);
    return [...pinnableField.check(sites[0]!, {}, DEFAULT_POLICY)];
  };
  const kibana = "apiVersion: kibana.k8s.elastic.co/v1\nkind: Kibana\nspec:\n";

  test("a version that decides an image says where the image is pinned", async () => {
    const [problem] = await of(`${kibana}  version: 8.14.1\n`);
    assert.match(problem!.label, /docker\.elastic\.co\/kibana\/kibana:8\.14\.1/);
    assert.match(problem!.help!, /spec\.image/);
  });

  test("nothing to say of what can be pinned, is followed by another tool, or is filled in later", async () => {
    assert.deepEqual(await of(`${kibana}  version: 8.14.1\n  image: kibana:8.14.1\n`), []);
    assert.deepEqual(await of(`${kibana}  version: "{{ .version }}"\n`), []);
    assert.deepEqual(await of("apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nspec:\n  image: ghcr.io/acme/web\n"), []);
  });
});

describe("literal-reference", () => {
  for (const image of ["{{ .Values.image }}", "nginx:${TAG}", "$(REGISTRY)/nginx:1", "ghcr.io/<OWNER>/web"])
    test(`${image} is filled in later`, async () => assert.ok(await says(literalReference, image)));
  test("what stands there as it runs is fine", async () => assert.equal(await says(literalReference, "nginx:1.27"), false));
});

describe("registry-of-ours", () => {
  const policy = { registries: { ...DEFAULT_POLICY.registries, ours: ["ghcr.io/acme/**", "docker.io/library/*"] } };
  test("an image from elsewhere is a finding that names where", async () => {
    assert.match((await problems(registryOfOurs, "quay.io/acme/web:1", { policy }))[0]!.label, /quay\.io/);
  });
  test("ours are fine, and short names are Docker Hub's", async () => {
    for (const image of ["ghcr.io/acme/web:1", "nginx", "docker.io/nginx", "index.docker.io/library/nginx"]) assert.equal(await says(registryOfOurs, image, { policy }), false, image);
  });
  test("a name that only begins like ours is not ours", async () => {
    for (const image of ["ghcr.io/acme-evil/web", "evil.example/ghcr.io/acme/web", "acme/web"]) assert.equal(await says(registryOfOurs, image, { policy }), true, image);
  });
  test("without a list it is not run", () => {
    assert.equal(typeof registryOfOurs.skip!(DEFAULT_POLICY), "string");
    assert.equal(registryOfOurs.skip!({ ...DEFAULT_POLICY, ...policy }), undefined);
  });
});

describe("digest-exists", () => {
  const facts = (pinned: Answer<Manifest>): Given => ({ facts: { pinned } });
  test("a pinned digest that is gone is a finding", async () => assert.ok(await says(digestExists, `nginx:1@${D1}`, facts({ is: "absent" }))));
  test("could not ask is not gone", async () => assert.equal(await says(digestExists, `nginx:1@${D1}`, facts(unknown("unreachable"))), false));
  test("there is fine", async () => assert.equal(await says(digestExists, `nginx:1@${D1}`, facts(known(D1))), false));
  test("no digest, no question", async () => assert.equal(await says(digestExists, "nginx:1", facts({ is: "absent" })), false));
});

describe("tag-stands", () => {
  const facts = (tagged: Answer<Manifest>): Given => ({ facts: { tagged } });
  test("a tag that moved is told, with its new digest", async () => {
    assert.ok((await problems(tagStands, `nginx:1@${D1}`, facts(known(D2))))[0]!.label.includes(D2.slice(0, 19)));
  });
  test("a tag that is gone is told", async () => assert.ok(await says(tagStands, `nginx:1@${D1}`, facts({ is: "absent" }))));
  test("a tag that stands is fine, and so is what could not be asked", async () => {
    assert.equal(await says(tagStands, `nginx:1@${D1}`, facts(known(D1))), false);
    assert.equal(await says(tagStands, `nginx:1@${D1}`, facts(unknown("timeout"))), false);
  });
  test("without both parts there is nothing to compare", async () => {
    for (const image of ["nginx:1", `nginx@${D1}`]) assert.equal(await says(tagStands, image, facts(known(D2))), false);
  });
});

describe("pin-the-index", () => {
  const one = known(D1, { kind: "image" });
  const index = known(D2, { children: [D1] });
  test("one platform's image, where the tag names an index that holds it", async () => {
    assert.ok((await problems(pinTheIndex, `nginx:1@${D1}`, { facts: { pinned: one, index } }))[0]!.help!.includes(D2));
  });
  test("an index is fine", async () => assert.equal(await says(pinTheIndex, `nginx:1@${D2}`, { facts: { pinned: known(D2), index } }), false));
  test("an image of another index is not called a part of this one", async () => {
    assert.equal(await says(pinTheIndex, `nginx:1@${D1}`, { facts: { pinned: one, index: known(D2, { children: [] }) } }), false);
  });
  test("could not ask is no finding", async () => {
    assert.equal(await says(pinTheIndex, `nginx:1@${D1}`, { facts: { pinned: unknown("timeout"), index } }), false);
    assert.equal(await says(pinTheIndex, `nginx:1@${D1}`, { facts: { pinned: one, index: unknown("timeout") } }), false);
  });
});

describe("signatures", () => {
  const asks = { images: [{ match: "docker.io/**", pin: true, signed: { by: ["release", "qa"], need: "all" } as const }] };
  const statement = (verdict: Statement["verdict"], kind: Statement["kind"] = "signature"): Statement => ({ kind, format: "bundle", artifact: D2, verdict });
  const given = (value: SignatureVerdict): Given => ({ facts: { signed: { is: "known", value } }, policy: asks });
  const image = `nginx:1@${D1}`;

  test("by whom the policy names is fine, and what could not be told is no finding of this rule", async () => {
    for (const value of [{ is: "verified", signers: ["release", "qa"], statements: [] }, { is: "unknown", why: "x", statements: [] }] as const)
      for (const rule of [signedByATrustedSigner, signatureIsForThisDigest]) assert.equal(await says(rule, image, given(value)), false);
  });
  test("by nobody, or not enough, names who is wanted", async () => {
    assert.match((await problems(signedByATrustedSigner, image, given({ is: "absent", statements: [] })))[0]!.label, /release and qa/);
    assert.match((await problems(signedByATrustedSigner, image, given({ is: "untrusted", why: "signed by release alone", statements: [] })))[0]!.label, /release alone/);
  });
  test("by others names them, each once", async () => {
    const keyless = statement({ is: "untrusted", identity: { is: "keyless", identity: "https://evil.example/x", issuer: "https://issuer.example" }, message: "m" });
    const attested = statement({ is: "untrusted", identity: { is: "key", key: "00" }, message: "m" }, "attestation");
    const [problem] = await problems(signedByATrustedSigner, image, given({ is: "untrusted", why: "w", statements: [keyless, keyless, attested] }));
    assert.equal(problem!.label, "signed by https://evil.example/x (https://issuer.example)");
  });
  test("over another digest is told even beside one that holds", async () => {
    const wrong = statement({ is: "invalid", code: "subject-mismatch", message: "over another" });
    assert.ok(await says(signatureIsForThisDigest, image, given({ is: "verified", signers: ["release", "qa"], statements: [wrong] })));
    const other = statement({ is: "invalid", code: "sct-missing", message: "m" });
    assert.equal(await says(signatureIsForThisDigest, image, given({ is: "invalid", why: "m", statements: [other] })), false);
  });
  test("that nobody asked for are no affair of these rules", () => {
    for (const rule of [signedByATrustedSigner, signatureIsForThisDigest, noOlderThanBefore]) {
      assert.equal(typeof rule.skip!({ ...DEFAULT_POLICY, images: [{ match: "**", pin: true, signed: false }] }), "string");
      assert.equal(rule.skip!({ ...DEFAULT_POLICY, ...asks }), undefined);
    }
  });
  test("an older image than before is a warning, and one whose age nothing tells is information", async () => {
    const before = (is: "older" | "newer" | "same-age"): Given => ({ facts: { before: { is: "known", value: { was: D2, is, by: "version 1, was 2" } } }, policy: asks });
    assert.deepEqual((await problems(noOlderThanBefore, image, before("older"))).map(({ severity }) => severity), [undefined]);
    for (const is of ["newer", "same-age"] as const) assert.equal(await says(noOlderThanBefore, image, before(is)), false);
    assert.deepEqual((await problems(noOlderThanBefore, image, { facts: { before: { is: "unknown", why: "x" } }, policy: asks })).map(({ severity }) => severity), ["info"]);
  });
});

describe("rules only read what they declare", () => {
  const frame = { id: "x", summary: "x", severity: "info", page: "x" } as const;

  test("a fact that was not declared does not compile", async () => {
    const fine: Rule<"tagged"> = { ...frame, needs: ["tagged"], *check(_site, { tagged }) { if (tagged.is === "absent") yield { message: "", label: "" }; } };
    const wrong: Rule<"tagged"> = {
      ...frame,
      needs: ["tagged"],
      // @ts-expect-error `pinned` is not among the needs
      *check(_site, { pinned }) { if (pinned.is === "absent") yield { message: "", label: "" }; },
    };
    const more: Rule<never> = {
      ...frame,
      // @ts-expect-error a need that the type does not have
      needs: ["tagged"],
      *check() {},
    };
    assert.ok([fine, wrong, more].every(({ id }) => id === "x"));
  });

  test("a rule whose needs are met by no answer says nothing", async () => {
    for (const rule of rules.filter(({ needs }) => needs.length > 0))
      for (const image of ["nginx:1", `nginx:1@${D1}`, `nginx@${D1}`, "nginx"]) assert.equal(await says(rule, image), false, `${rule.id} ${image}`);
  });

  test("a rule is handed only those facts by the compiler, and reads no others at run time", async () => {
    for (const rule of rules) {
      const declared = new Set<string>([...rule.needs, ...(rule.uses ?? [])]);
      const watched = new Proxy<Facts>({ signed: { is: "known", value: { is: "absent", statements: [] } }, before: { is: "known", value: { was: D2, is: "older", by: "version 1, was 2" } }, reach: { is: "known", value: { matched: 0 } }, tagged: known(D2), pinned: known(D1, { kind: "image" }), index: known(D2, { children: [D1] }) }, {
        get(target, key: keyof Facts) {
          assert.ok(declared.has(key), `${rule.id} reads ${key}`);
          return target[key];
        },
      });
      for (const image of ["nginx:1", `nginx:1@${D1}`, "{{ x }}", "Nginx"]) Array.from(rule.check(await site(image), watched, DEFAULT_POLICY));
    }
  });
});
