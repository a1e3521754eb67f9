/** `lading explain FILE:LINE`: what it says of images, of what is none, and of what is not there. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lading, tree } from "./lading.ts";

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: web
  note: nginx
spec:
  # the server
  containers:
  - name: c
    # lading: ignore[pin-by-digest] rebuilt nightly
    image: nginx:1.27
    args: [--x-image=quay.io/acme/x:1]
    imageName: redis
status:
  image: ghcr.io/acme/web:1
`;
const VALUES = "web:\n  image:\n    repository: acme/web\n    tag: '1.4'\n";
const FILES = { "pod.yaml": POD, "values.yaml": VALUES, "plain.yaml": "a: b\n", "broken.yaml": "image: [\n", "notes.txt": "image: a:1\n",
  "lading.yaml": "version: 1\nwaivers:\n- {rule: pin-by-digest, image: acme/web*, reason: pinned by the chart, until: 2999-01-01}\n" };

describe("lading explain FILE:LINE", { concurrency: 4 }, () => {
  const SAYS: Readonly<Record<string, readonly [at: string, ...said: RegExp[]]>> = {
    "an image, and what suppresses it": ["pod.yaml:11", /^image: nginx:1\.27$/m, /surface: +kubernetes/, /because: +containers\[\]\.image of a PodSpec/, /sure: +certain/, /object: +Pod web/, /pin: +would write nginx:1\.27@sha256:…$/m, /comment: +line 10 suppresses pin-by-digest: rebuilt nightly/, /ignored by comment/],
    "a guess, which asks for more": ["pod.yaml:12", /^image: quay\.io\/acme\/x:1$/m, /sure: +guess/, /--unsafe-fixes/, /finding: +pin-by-digest \(info\)/],
    "an image in parts, and a waiver": ["values.yaml:3", /^image: acme\/web$/m, /reads: +acme\/web:1\.4/, /1\.4@sha256:…, with --unsafe-fixes/, /ignored by waiver: pinned by the chart/],
    "the place where the pin would go": ["values.yaml:4", /^image: acme\/web$/m],
    "a key that is none": ["pod.yaml:5", /no image: nginx/, /path: +metadata\.note/, /the key note is not one of an image/],
    "a text that could be something else": ["pod.yaml:13", /no image: redis/, /no path, tag or digest/],
    "status": ["pod.yaml:15", /no image/, /status is what a controller reports/],
    "a comment": ["pod.yaml:7", /the line is a comment/],
    "a line without a value of its own": ["pod.yaml:8", /no image: .*|no value/],
    "a file that was not read": ["plain.yaml:1", /it was not read/],
    "a document that is not YAML": ["broken.yaml:1", /not YAML/],
  };
  for (const [what, [at, ...said]] of Object.entries(SAYS)) {
    test(what, async (t) => {
      const { code, stdout, stderr } = await lading(["explain", at], { cwd: tree(t, FILES) });
      assert.deepEqual([code, stderr], [0, ""]);
      for (const one of said) assert.match(stdout, one);
    });
  }

  test("counts columns: two on one line are told apart", async (t) => {
    const cwd = tree(t, { "a.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a:1}, {image: b:1}]}\n" });
    const both = await lading(["explain", "a.yaml:3"], { cwd });
    assert.equal(both.stdout.match(/^image: /gm)?.length, 2);
    const one = await lading(["explain", "a.yaml:3:44"], { cwd });
    assert.deepEqual(one.stdout.match(/^image: .*$/gm), ["image: b:1"]);
  });

  test("prints JSON", async (t) => {
    const cwd = tree(t, FILES);
    const { images } = JSON.parse((await lading(["explain", "pod.yaml:11", "--format", "json"], { cwd })).stdout) as { images: { raw: string; because: string; state: string }[] };
    assert.deepEqual(images.map(({ raw, state }) => [raw, state]), [["nginx:1.27", "floating"]]);
    const { passedOver } = JSON.parse((await lading(["explain", "pod.yaml:5", "--format", "json"], { cwd })).stdout) as { passedOver: { raw: string }[] };
    assert.equal(passedOver[0]!.raw, "nginx");
  });

  test("looks at the folder of a file that lies elsewhere", async (t) => {
    const elsewhere = tree(t, FILES);
    const { code, stdout } = await lading(["explain", `${elsewhere}/pod.yaml:11`], { cwd: tree(t, {}) });
    assert.equal(code, 0);
    assert.match(stdout, /^image: nginx:1\.27$/m);
  });

  test("says what is not there", async (t) => {
    const cwd = tree(t, FILES);
    const WRONG: readonly (readonly [args: string[], said: RegExp])[] = [
      [["none.yaml:1"], /there is no file none\.yaml/], [["pod.yaml:99"], /no line 99/], [["pod.yaml:0"], /no line 0/], [["pod.yaml"], /needs a line/],
      [["notes.txt:1"], /not looked at/], [["pod.yaml:1", "--format", "sarif"], /no format sarif/],
    ];
    for (const [args, said] of WRONG) {
      const { code, stderr } = await lading(["explain", ...args], { cwd });
      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, said);
    }
  });
});
