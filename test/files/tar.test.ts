import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gzipSync } from "node:zlib";

import { LadingError } from "../../src/model/errors.ts";
import { openTar, type Tar, tarOf } from "../../src/files/tar.ts";
import { tree } from "../cli/lading.ts";

const FILES = new Map<string, Uint8Array>([
  ["oci-layout", Buffer.from("{}")],
  [`blobs/sha256/${"a".repeat(64)}`, Buffer.alloc(513, "x")],
  ["empty", Buffer.alloc(0)],
  ["block", Buffer.alloc(512, "y")],
]);

function open(t: TestContext, bytes: Uint8Array): Tar {
  const path = join(tree(t, {}), "a.tar");
  writeFileSync(path, bytes);
  return openTar(path, "a.tar");
}

/** A header as other programs write it. */
function entry(name: string, type: string, body: string): Buffer {
  const [header, content] = [tarOf(new Map([[name, Buffer.from(body)]])).subarray(0, 512), Buffer.from(body)];
  header.write(type, 156, "latin1");
  header.write("        ", 148, "latin1");
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

test("what is written is read, and nothing else is there", (t) => {
  const tar = open(t, tarOf(FILES));
  for (const [name, bytes] of FILES) assert.deepEqual(tar.read(name, 513), Buffer.from(bytes), name);
  assert.equal(tar.read("none", 1), undefined);
  assert.equal(tar.read("block", 511), "large");
  assert.deepEqual(tarOf(FILES), tarOf(FILES));
});

test("folders, what pax says besides, and names that begin with ./ do not disturb", (t) => {
  const tar = open(t, Buffer.concat([entry("./", "5", ""), entry("pax", "x", "30 mtime=1700000000.1\n"), entry("././index.json", "0", "{}"), entry("link", "2", ""), Buffer.alloc(1024)]));
  assert.deepEqual(tar.read("index.json", 10), Buffer.from("{}"));
  assert.equal(tar.read("pax", 100), undefined);
  assert.equal(tar.read("link", 100), undefined);
});

test("what is cut short, damaged, compressed or no tar at all is told", (t) => {
  const whole = tarOf(FILES);
  const damaged = Buffer.from(whole);
  damaged[3]! ^= 1;
  for (const bytes of [whole.subarray(0, 1300), damaged, gzipSync(whole), Buffer.alloc(2000, "no tar")])
    assert.throws(() => open(t, bytes), (error: LadingError) => error.name === "LadingError" && error.kind === "io");
  assert.throws(() => open(t, gzipSync(whole)), (error: LadingError) => /gunzip/.test(error.hint ?? ""));
});

test("a name that does not fit is not cut", () => assert.throws(() => tarOf(new Map([["x".repeat(101), Buffer.alloc(0)]]))));
