/** The proof behind every write: what it lets pass, and what it must catch. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ImageReference } from "../../src/model/reference.ts";
import type { LocatedFile } from "../../src/model/site.ts";
import { documentsReadBack, sitesReadBack } from "../../src/rewrite/read-back.ts";
import { readStream } from "../../src/syntax/read.ts";
import { splice } from "../../src/rewrite/splice.ts";
import { locateIn } from "../../src/surfaces/locate.ts";
import { readDocuments } from "../../src/surfaces/read-documents.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import { digestOf } from "../pipeline/memory.ts";

const DIGEST = digestOf("any");
const POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      image: nginx:1.27\n    - name: b\n      image: redis:7\n";

const edit = (text: string, at: string, put: string, replace = 0) => {
  const start = text.indexOf(at) + (replace > 0 ? 0 : at.length);
  assert.ok(text.includes(at), at);
  return { span: { start, end: start + replace }, text: put };
};

describe("the documents are the same but for the edits", () => {
  const read = async (text: string, reader: "fast" | "full") => ({ text, stream: await readStream(text, { wanted: () => true, reader }) });
  /** A change that no edit admits to. */
  const silently = async (text: string, after: string, ...edits: ReturnType<typeof edit>[]): Promise<string | undefined> =>
    documentsReadBack(await read(text, "fast"), await read(after, "full"), edits);
  /** An anchor makes another reader read the old text. */
  const ANCHOR = "x: &x y\n";
  const proof = (text: string, ...edits: ReturnType<typeof edit>[]): Promise<string | undefined> => silently(text, splice(text, edits), ...edits);

  test("a scalar that grows passes", async () => {
    assert.equal(await proof(POD, edit(POD, "nginx:1.27", `nginx:1.27@${DIGEST}`, 10)), undefined);
  });

  test("a digest key that is put in passes", async () => {
    const text = "images:\n- name: a\n  newTag: v1\n";
    assert.equal(await proof(text, edit(text, "newTag: v1", `\n  digest: ${DIGEST}`)), undefined);
  });

  test("an empty value that is filled passes, whatever stands behind the colon", async () => {
    for (const behind of ["", " ", "   ", " # none yet", "\n  # none yet"]) for (const before of ["", ANCHOR]) {
      const text = `${before}image:\n  digest:${behind}\n  tag: v1\n`;
      assert.equal(await proof(text, edit(text, "digest:", ` ${DIGEST}`)), undefined, JSON.stringify(behind));
    }
  });

  const CAUGHT: readonly (readonly [what: string, found: () => Promise<string | undefined>])[] = [
    ["an insertion that lands in a block scalar", async () => {
      const text = "a:\n  newTag: |\n    v1\n  b: c\n";
      return proof(text, edit(text, "    v1", `\n    digest: ${DIGEST}`));
    }],
    ["the same in a text that another reader read", async () => {
      const text = `${ANCHOR}a:\n  newTag: |\n    v1\n  b: c\n`;
      return proof(text, edit(text, "    v1", `\n    digest: ${DIGEST}`));
    }],
    ["a digest key that belongs to another map than the edit said", async () => {
      const text = "images:\n- name: a\n  newTag: v1\nb: c\n";
      return proof(text, edit(text, "newTag: v1", `\ndigest: ${DIGEST}`)).then((found) => found ?? silently(text, text.replace("b: c", `digest: ${DIGEST}\nb: c`)));
    }],
    ["another key", async () => {
      const text = "a:\n  newTag: v1\n";
      return proof(text, edit(text, "newTag: v1", "\n  other: x"));
    }],
    ["another scalar", () => silently(POD, POD.replace("redis:7", "redis:8"))],
    ["another scalar next to an edit", () => {
      const one = edit(POD, "nginx:1.27", `nginx:1.27@${DIGEST}`, 10);
      return silently(POD, splice(POD, [one]).replace("name: b", "name: c"), one);
    }],
    ["another key's name", () => silently(POD, POD.replace("name: b", "nam: b"))],
    ["quotes that come or go", () => silently(POD, POD.replace("redis:7", '"redis:7"'))],
    ["a line that is lost", () => silently(POD, POD.replace("    - name: b\n      image: redis:7\n", ""))],
    ["a line that comes", () => silently(POD, `${POD}x: y\n`)],
    ["an item that moves", () => silently("a:\n- b\n- c\n", "a:\n- c\n- b\n")],
    ["an indentation that changes the shape", () => silently("a:\n  b:\n    c: d\n", "a:\n  b:\n  c: d\n")],
    ["a document that is dropped", () => silently("a: b\n---\nc: d\n", "a: b\n")],
    ["a document that comes", () => silently("a: b\n", "a: b\n---\nc: d\n")],
    ["a text that is no YAML any more", () => silently("a: b\n", "a: [b\n")],
    ["an anchor that is lost", () => silently("a: &x b\nc: *x\n", "a: b\nc: b\n")],
    ["an alias to something else", () => silently("a: &x b\nc: &y d\ne: *x\n", "a: &x b\nc: &y d\ne: *y\n")],
    ["a scalar that becomes a map", () => silently("a: b\n", "a: {b: c}\n")],
    ["block style that becomes flow", () => silently("a:\n  b: c\n", "a: {b: c}\n")],
    ["a comment mark that swallows a value", () => silently("a: b c\n", "a: b #c\n")],
  ];
  for (const [what, found] of CAUGHT) test(`catches ${what}`, async () => assert.notEqual(await found(), undefined));

  test("says where", async () => {
    assert.match((await silently(POD, POD.replace("redis:7", "redis:8")))!, /\$\.spec\.containers\.1\.image/);
  });
});

describe("every site reads as wanted, or as before", () => {
  const role = roleOf("pod.yaml", new Set(), false);
  const locate = async (text: string): Promise<LocatedFile> => {
    const source = { path: "pod.yaml", text, encoding: "utf-8" } as const;
    return locateIn(source, role, await readDocuments(source, role, "full"));
  };
  const WANTED = new Map<number, ImageReference>([[0, { name: "nginx", tag: "1.27", digest: DIGEST }]]);

  test("passes when the wanted one is pinned", async () => {
    assert.equal(sitesReadBack(await locate(POD), await locate(POD.replace("nginx:1.27", `nginx:1.27@${DIGEST}`)), WANTED), undefined);
  });

  const CAUGHT: Readonly<Record<string, string>> = {
    "a site that was not changed": POD,
    "another digest": POD.replace("nginx:1.27", `nginx:1.27@${digestOf("other")}`),
    "the wrong site": POD.replace("redis:7", `redis:7@${DIGEST}`),
    "a second site that changed as well": POD.replace("nginx:1.27", `nginx:1.27@${DIGEST}`).replace("redis:7", "redis:8"),
    "a site that is gone": POD.replace("nginx:1.27", `nginx:1.27@${DIGEST}`).replace("      image: redis:7\n", ""),
    "a document that no longer parses": `${POD.replace("nginx:1.27", `nginx:1.27@${DIGEST}`)}---\nimage: [\n`,
  };
  for (const [what, after] of Object.entries(CAUGHT))
    test(`catches ${what}`, async () => assert.notEqual(sitesReadBack(await locate(POD), await locate(after), WANTED), undefined));
});

describe("the documents in strings are the same but for the edits", () => {
  const role = roleOf("a.yaml", new Set(), false);
  const read = async (text: string, reader: "fast" | "full") => ({ text, stream: await readDocuments({ path: "a.yaml", text, encoding: "utf-8" }, role, reader) });
  const MAP = `apiVersion: v1\nkind: ConfigMap\ndata:\n  pod: |\n${POD.replaceAll(/^/gm, "    ").trimEnd()}\n  other: x\n`;
  const JSON_POD = "apiVersion: v1\nkind: ConfigMap\ndata:\n  pod: \"{\\\"kind\\\":\\\"Pod\\\",\\\"apiVersion\\\":\\\"v1\\\",\\\"spec\\\":{\\\"containers\\\":[{\\\"image\\\":\\\"nginx:1.27\\\"}]}}\"\n";
  const proof = async (text: string, after: string, ...edits: ReturnType<typeof edit>[]): Promise<string | undefined> => documentsReadBack(await read(text, "fast"), await read(after, "full"), edits);
  const pin = (text: string) => edit(text, "nginx:1.27", `nginx:1.27@${DIGEST}`, 10);

  for (const [name, text] of Object.entries({ "a literal block": MAP, "JSON in quotes": JSON_POD })) {
    test(`an image that grows passes: ${name}`, async () => {
      assert.equal(await proof(text, splice(text, [pin(text)]), pin(text)), undefined);
    });
  }

  test("a change beside the edit is caught", async () => {
    const after = splice(MAP, [pin(MAP)]).replace("name: b", "name: c");
    assert.match((await proof(MAP, after, pin(MAP)))!, /data\.pod would change/);
  });

  test("an edit that adds a key is caught", async () => {
    const wrong = edit(MAP, "image: nginx:1.27", "\n          tty: true");
    assert.match((await proof(MAP, splice(MAP, [wrong]), wrong))!, /data\.pod would change/);
  });

  test("a line that is put in at the wrong indentation is caught", async () => {
    const wrong = edit(MAP, "name: a", `\n      digest: ${DIGEST}`);
    assert.notEqual(await proof(MAP, splice(MAP, [wrong]), wrong), undefined);
  });

  test("JSON that is JSON no longer is caught", async () => {
    const wrong = edit(JSON_POD, "nginx:1.27", "x: y", 10);
    const broken = { ...wrong, text: "nginx\\t" };
    assert.notEqual(await proof(JSON_POD, splice(JSON_POD, [broken]), broken), undefined);
  });
});
