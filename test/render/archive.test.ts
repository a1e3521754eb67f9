/** Packed charts: what Helm would find in them is found, however they are packed. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { schemasIn } from "../../src/render/archive.ts";
import { Refusal } from "../../src/render/refusal.ts";
import { tree } from "../cli/lading.ts";
import { chart, render, SAID, whyOf } from "./fakes.ts";

interface Entry {
  readonly name: string;
  readonly text?: string | Buffer;
  readonly type?: string;
  readonly prefix?: string;
  readonly size?: string;
}

/** A header of 512 bytes with its sum, and the content in blocks (POSIX ustar). */
function entry({ name, text = "", type = "0", prefix = "", size }: Entry): Buffer {
  const content = Buffer.from(text);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write(size ?? `${content.length.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\x0000", 257);
  header.write(prefix, 345);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const pack = (...all: readonly Entry[]): Buffer => gzipSync(Buffer.concat([...all.map(entry), Buffer.alloc(1024)]));

const record = (key: string, value: string): string => {
  const body = ` ${key}=${value}\n`;
  const length = Buffer.byteLength(body);
  return `${length + String(length + String(length).length).length}${body}`;
};

const SCHEMA = '{"$ref":"file:///etc/passwd"}';
const CHART: Entry = { name: "a/Chart.yaml", text: "name: a\n" };

const HIDDEN: Readonly<Record<string, Buffer>> = {
  "by its name": pack(CHART, { name: "a/values.schema.json", text: SCHEMA }),
  "behind a folder": pack({ name: "a", type: "5" }, CHART, { name: "a/values.schema.json", text: SCHEMA }),
  "in a subchart": pack(CHART, { name: "a/charts/b/values.schema.json", text: SCHEMA }),
  "in a packed subchart": pack(CHART, { name: "a/charts/b-1.0.0.tgz", text: pack({ name: "b/values.schema.json", text: SCHEMA }) }),
  "with the old type of a file": pack(CHART, { name: "a/values.schema.json", text: SCHEMA, type: "\0" }),
  "with the other kind of slash": pack(CHART, { name: "a\\values.schema.json", text: SCHEMA }),
  "by a prefix": pack(CHART, { name: "values.schema.json", prefix: "a", text: SCHEMA }),
  "by a long name of GNU's": pack(CHART, { name: "././@LongLink", type: "L", text: "a/values.schema.json\0" }, { name: "a/short", text: SCHEMA }),
  "by a name of pax": pack(CHART, { name: "pax", type: "x", text: record("mtime", "1") + record("path", "a/values.schema.json") }, { name: "a/short", text: SCHEMA }),
  "behind a record that looks like a name": pack(CHART, { name: "pax", type: "x", text: record("comment", "x\n17 path=harmless") }, { name: "a/values.schema.json", text: SCHEMA }),
};

const UNREADABLE: Readonly<Record<string, readonly [Buffer, string]>> = {
  "a link": [pack({ name: "a/values.schema.json", type: "2" }), "refused"],
  "a sparse file": [pack({ name: "a/x", type: "S" }), "refused"],
  "a size in another base": [pack({ name: "a/x", size: "\x80\0\0\0\0\0\0\0\0\0\0\x01" }), "refused"],
  "a size past the end": [pack({ name: "a/x", size: "00000777777\0" }), "refused"],
  "a size of pax": [pack({ name: "pax", type: "x", text: record("size", "9") }, { name: "a/x" }), "refused"],
  "a record without an end": [pack({ name: "pax", type: "x", text: "99 path=a\n" }, { name: "a/x" }), "refused"],
  "a wrong sum": [gzipSync(Buffer.concat([Buffer.from(entry(CHART).map((byte, index) => (index === 0 ? byte + 1 : byte))), Buffer.alloc(1024)])), "refused"],
  "no archive": [Buffer.from("no archive"), "failed"],
  "a bomb": [gzipSync(Buffer.alloc(101 * 1024 * 1024)), "too-large"],
  "archives without end": [Array.from({ length: 6 }).reduce<Buffer>((inner) => pack({ name: "a/charts/a.tgz", text: inner }), pack(CHART)), "refused"],
};

describe("a schema in a packed chart", () => {
  for (const [how, packed] of Object.entries(HIDDEN)) {
    test(`is found ${how}`, async () => assert.deepEqual(await schemasIn(packed, SAID), [SCHEMA]));
  }

  for (const [what, [packed, code]] of Object.entries(UNREADABLE)) {
    test(`cannot hide in ${what}`, () => assert.rejects(schemasIn(packed, SAID), (error) => error instanceof Refusal && error.why.code === code));
  }

  test("is refused as one in a folder is", async (t) => {
    const folder = tree(t, { "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web/charts/a-1.0.0.tgz": HIDDEN["by its name"]! });
    const why = whyOf(await render({ root: folder, env: {} }, { root: chart("web") }));
    assert.equal(why.code, "refused");
    assert.match(why.message, /^web\/charts\/a-1\.0\.0\.tgz:1: \$ref: "file:\/\/\/etc\/passwd"/);
  });
});
