import assert from "node:assert/strict";
import type { TestContext } from "node:test";

/** A program that cannot be had skips its test by name, or fails it where that is not allowed. */
export function missing(context: TestContext, why: string): void {
  if (process.env["LADING_INTEROP_REQUIRE"] === "1") assert.fail(`missing: ${why}`);
  context.skip(why);
}
