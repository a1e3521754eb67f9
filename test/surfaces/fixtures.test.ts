/** Every fixture: what is found in it, and what pinning it changes, byte for byte. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatReference, locate } from "../../src/model/reference.ts";
import { fill } from "../../src/rewrite/fill.ts";
import { splice } from "../../src/rewrite/splice.ts";
import { decode } from "../../src/files/load.ts";
import { locateFile, locateIn } from "../../src/surfaces/locate.ts";
import { readDocuments } from "../../src/surfaces/read-documents.ts";
import { roleOf } from "../../src/surfaces/roles.ts";
import type { FileRole } from "../../src/surfaces/surface.ts";
import type { Workspace } from "../../src/pipeline/survey.ts";
import { digestOf, pinned, workspace } from "../pipeline/memory.ts";
import { type Case, cases, describeFile, source } from "./fixture.ts";

for (const surface of ["kubernetes", "catalogue", "kustomize", "helm-values", "argocd", "flux", "json-patch", "embedded", "guesses"]) {
  describe(surface, () => {
    const all = cases(surface);
    test("has cases", () => assert.ok(all.length > 0));
    for (const one of all) {
      describe(one.name, () => {
        test("finds what stands there", async () => {
          const { sites, unread = [], valuesFiles = [] } = one.expected;
          assert.deepEqual({ unread: [], valuesFiles: [], ...describeFile(await locateFile(source(one), roleFor(one))) }, { sites, unread, valuesFiles });
        });

        test("reads the same with either reader", async () => {
          const [fast, full] = [await locateFile(source(one), roleFor(one)), locateIn(source(one), roleFor(one), await readDocuments(source(one), roleFor(one), "full"))];
          assert.deepEqual(full.sites.map(withoutSlots), fast.sites.map(withoutSlots));
          assert.deepEqual(full.sites.map(({ slots }) => slots), fast.sites.map(({ slots }) => slots));
        });

        test("pins it, byte for byte", async () => {
          const files = { [one.expected.file]: one.before };
          const outcome = await pinCase(one, files);
          assert.deepEqual(outcome.refused, []);
          assert.equal(show(files[one.expected.file]!), show(one.after));
        });

        test("has nothing to do the second time", async () => {
          const files = { [one.expected.file]: one.after };
          const outcome = await pinCase(one, files);
          assert.equal(outcome.pinned, 0);
          assert.equal(show(files[one.expected.file]!), show(one.after));
        });

        test("reads each place as it was wanted, and leaves every byte between", async () => {
          const text = source(one);
          const before = await locateFile(text, roleFor(one));
          for (const [i, site] of before.sites.entries()) {
            if (site.reading.is !== "reference" || site.slots.length === 0) continue;
            const { registry, repository } = locate(site.reading.reference.name);
            const wanted = { ...site.reading.reference, digest: digestOf(`${registry}/${repository}:other`) };
            const edits = fill(site.slots, wanted);
            const after = splice(text.text, edits);
            assertOutsideEqual(text.text, after, edits);
            const again = await locateFile({ ...text, text: after }, roleFor(one));
            assert.equal(again.sites.length, before.sites.length);
            const { reading } = again.sites[i]!;
            assert.equal(reading.is === "reference" ? formatReference(reading.reference) : reading.is, formatReference(wanted));
          }
        });
      });
    }
  });
}

function roleFor({ expected: { file, charts, referenced } }: Case): FileRole {
  return roleOf(file, new Set(charts), referenced ?? false);
}

function pinCase(one: Case, files: Record<string, Buffer>) {
  const { unsafeFixes } = one.expected;
  const inPlace: Workspace = { ...workspace(files), role: () => roleFor(one) };
  return pinned(files, { unsafe: unsafeFixes ?? false }, inPlace);
}

const withoutSlots = ({ slots: _slots, ...site }: { slots: unknown }): object => site;

/** The text for a message when bytes differ, with what is hard to see made visible. */
function show(bytes: Buffer): string {
  const decoded = decode("x", bytes);
  return "why" in decoded ? bytes.toString("hex") : `${decoded.encoding}\n${decoded.text.replaceAll("\r", "\\r").replaceAll("\ufeff", "\\ufeff")}`;
}

function assertOutsideEqual(before: string, after: string, edits: readonly { span: { start: number; end: number }; text: string }[]): void {
  let from = 0;
  let to = 0;
  for (const { span, text } of [...edits].sort((a, b) => a.span.start - b.span.start)) {
    const kept = before.slice(from, span.start);
    assert.equal(after.slice(to, to + kept.length), kept);
    from = span.end;
    to += kept.length + text.length;
  }
  assert.equal(after.slice(to), before.slice(from));
}
