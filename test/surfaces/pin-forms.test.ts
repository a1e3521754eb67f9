/** Where each form of pin would be written in Helm values, whatever they look like. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fill } from "../../src/rewrite/fill.ts";
import { splice } from "../../src/rewrite/splice.ts";
import { NO_OWN_FIELDS } from "../../src/surfaces/known-fields.ts";
import { formsIn, type PinForm } from "../../src/surfaces/pin-forms.ts";

const HEX = "a".repeat(64);
const WANTED = { name: "example/web", tag: "1.4", digest: `sha256:${HEX}` as const };

async function written(text: string, form: PinForm): Promise<string | undefined> {
  const [at] = (await formsIn({ path: "values.yaml", text, encoding: "utf-8" }, { values: true, template: false, kustomization: false }, NO_OWN_FIELDS)).values();
  const slots = at?.forms.get(form);
  return slots && splice(text, fill(slots, WANTED)).replaceAll(HEX, "S");
}

describe("forms of a pin", () => {
  const CASES: Readonly<Record<string, readonly [form: PinForm, before: string, after: string | undefined]>> = {
    "a key that is there": ["digest", 'image:\n  repository: web\n  tag: "1.4"\n  digest: ""\n', 'image:\n  repository: web\n  tag: "1.4"\n  digest: "sha256:S"\n'],
    "a key that is not": ["digest", 'image:\n  repository: web\n  tag: "1.4" # ours\n', 'image:\n  repository: web\n  tag: "1.4" # ours\n  digest: sha256:S\n'],
    "no tag": ["digest", "image:\n  repository: web\n", 'image:\n  repository: web\n  tag: "1.4"\n  digest: sha256:S\n'],
    "an empty tag": ["digest", "image:\n  repository: web\n  tag:\n  digest:\n", 'image:\n  repository: web\n  tag: "1.4"\n  digest: sha256:S\n'],
    "no tag, and a digest that is there": ["digest", "image:\n  repository: web\n  digest: ~\n", 'image:\n  repository: web\n  tag: "1.4"\n  digest: sha256:S\n'],
    "bare sha": ["sha", "image:\n  repository: web\n", 'image:\n  repository: web\n  tag: "1.4"\n  sha: S\n'],
    "sha with its prefix": ["sha-with-prefix", 'image:\n  repository: web\n  tag: a\n  sha: ""\n', 'image:\n  repository: web\n  tag: a\n  sha: "sha256:S"\n'],
    "the tag": ["tag", 'image:\n  repository: web\n  tag: "1.4"\n', 'image:\n  repository: web\n  tag: "1.4@sha256:S"\n'],
    "a tag that is not there": ["tag", "image:\n  repository: web\n", 'image:\n  repository: web\n  tag: "1.4@sha256:S"\n'],
    "a switch that is off": ["digest-and-use", 'image:\n  repository: web\n  tag: a\n  digest: ""\n  useDigest: false\n', 'image:\n  repository: web\n  tag: a\n  digest: "sha256:S"\n  useDigest: true\n'],
    "a switch that is not there": ["digest-and-use", "image:\n  repository: web\n  tag: a\n", "image:\n  repository: web\n  tag: a\n  digest: sha256:S\n  useDigest: true\n"],
    "a chroot's own digest": ["digest", 'image:\n  image: web\n  tag: a\n  digest: ""\n  digestChroot: ""\n  chroot: true\n', 'image:\n  image: web\n  tag: a\n  digest: ""\n  digestChroot: "sha256:S"\n  chroot: true\n'],
    "carriage returns": ["digest", "image:\r\n  repository: web\r\n", 'image:\r\n  repository: web\r\n  tag: "1.4"\r\n  digest: sha256:S\r\n'],
    "JSON": ["digest", '{"image": {"repository": "web"}}', '{"image": {"repository": "web", "tag": "1.4", "digest": "sha256:S"}}'],
    "a whole reference": ["reference", "image: example/web:1.4\n", "image: example/web:1.4@sha256:S\n"],
    "a number that Helm reads otherwise": ["digest", "image:\n  repository: web\n  tag: 1.10\n", undefined],
    "a tag of another map": ["digest", "base: &base\n  tag: a\nimage:\n  <<: *base\n  name: x\n", "base: &base\n  tag: a\nimage:\n  <<: *base\n  name: x\n  digest: sha256:S\n"],
  };
  for (const [what, [form, before, after]] of Object.entries(CASES)) test(what, async () => assert.equal(await written(before, form), after));
});
