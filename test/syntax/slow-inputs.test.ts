/** Inputs that once took time by the square of their length, or worse. At that rate none of them would end in time. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { locateFile } from "../../src/surfaces/locate.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import { checked } from "../pipeline/memory.ts";

const pod = (name: string, image: string): string => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n  containers:\n    - name: c\n      image: ${image}\n`;
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

async function count(path: string, text: string): Promise<{ sites: number; documents: number; unread: number; suppressions: number }> {
  const { sites, documents, unread, suppressions } = await locateFile({ path, text, encoding: "utf-8" }, roleOf(path, new Set(), false));
  return { sites: sites.length, documents, unread: unread.length, suppressions: suppressions.length };
}

describe("a long text is read in a time that its length explains", { timeout: 60_000 }, () => {
  const timeout = 20_000;

  test("merges of merges", { timeout }, async () => {
    const levels = times(8, (i) => `l${i + 1}: &l${i + 1}\n  <<: [${times(14, () => `*l${i}`).join(", ")}]\n`);
    const text = `l0: &l0\n  a: b\n${levels.join("")}web:\n  <<: *l8\n  image: ghcr.io/acme/web:1\n`;
    assert.equal((await count("values.yaml", text)).sites, 1);
    const inPod = `${pod("web", "nginx:1")}${levels.join("").replaceAll(/^/gm, "")}l0: &l0 {a: b}\n`;
    await count("a.yaml", `l0: &l0 {a: b}\n${levels.join("")}${inPod.slice(0, inPod.indexOf("l1:"))}`);
  });

  test("aliases of aliases", { timeout }, async () => {
    const levels = times(9, (i) => `l${i + 1}: &l${i + 1} [${times(14, () => `*l${i}`).join(", ")}]\n`);
    assert.equal((await count("values.yaml", `l0: &l0 {image: "ghcr.io/acme/web:1"}\n${levels.join("")}`)).sites, 1);
  });

  test("a list of manifests on one line", { timeout }, async () => {
    const items = times(5000, (i) => ({ apiVersion: "v1", kind: "Pod", metadata: { name: `p${i}` }, spec: { containers: [{ name: "c", image: `web:${i}` }] } }));
    assert.deepEqual(await count("a.json", JSON.stringify({ apiVersion: "v1", kind: "List", items })), { sites: 5000, documents: 1, unread: 0, suppressions: 0 });
  });

  test("many suppressions", { timeout }, async () => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n${times(8000, (i) => `    - name: c${i}\n      image: web:${i} # lading: ignore[pin-by-digest] because\n`).join("")}`;
    assert.deepEqual(await count("a.yaml", text), { sites: 8000, documents: 1, unread: 0, suppressions: 8000 });
  });

  test("many suppressions one below the other", { timeout }, async () => {
    const text = `${"# lading: ignore[pin-by-digest] because\n".repeat(8000)}${pod("web", "nginx:1")}`;
    assert.equal((await count("a.yaml", text)).sites, 1);
  });

  test("many documents with a suppression each", { timeout }, async () => {
    const text = times(4000, (i) => pod(`p${i}`, `web:${i} # lading: ignore[pin-by-digest] because`)).join("---\n");
    assert.deepEqual(await count("a.yaml", text), { sites: 4000, documents: 4000, unread: 0, suppressions: 4000 });
  });

  test("carriage returns in front of the content", { timeout }, async () => {
    await count("a.yaml", `${"\r".repeat(100_000)}${pod("web", "nginx:1")}`);
    await count("a.yaml", `image: ${" ".repeat(100_000)}\r${pod("web", "nginx:1")}`);
  });

  test("many documents with carriage returns", { timeout }, async () => {
    const text = times(8000, (i) => pod(`p${i}`, `web:${i}`)).join("---\n").replaceAll("\n", "\r\n");
    assert.deepEqual(await count("a.yaml", text), { sites: 8000, documents: 8000, unread: 0, suppressions: 0 });
  });

  test("a marker with many spaces", { timeout }, async () => {
    for (const comment of [`# renovate:${" ".repeat(60_000)}x`, `#${" ".repeat(60_000)}lading:`, `# lading: ignore[a]${" ".repeat(60_000)}x`, `${" ".repeat(60_000)}#`])
      for (const text of [pod("web", `nginx:1 ${comment}`), `${comment}\n${pod("web", "nginx:1")}`]) await count("a.yaml", text);
  });

  test("many markers in a line", { timeout }, async () => {
    for (const marker of ['# {"$imagepolicy": ', "# renovate: ", "# lading: ignore[x] "]) assert.equal((await count("a.yaml", pod("web", `nginx:1 ${marker.repeat(8000)}`))).sites, 1, marker);
  });

  test("opened and not closed", { timeout }, async () => {
    for (const text of ["image: {{ ".repeat(8000), `${pod("web", "nginx:1")}${"x: {{ a\n".repeat(4000)}`, `image: "${'\\x61" '.repeat(8000)}`, `? ${"image ".repeat(8000)}\n`]) await count("a.yaml", text);
  });

  test("a report of many references", { timeout }, async () => {
    const text = times(4000, (i) => pod(`p${i}`, `web:${i}`)).join("---\n");
    assert.equal((await checked({ "a.yaml": text })).summary.references, 4000);
  });
});
