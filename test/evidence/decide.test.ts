/** What all statements together say: who counts, how often, and which answer is given where nobody does. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, type Need } from "../../src/evidence/decide.ts";
import { verifyAll } from "../../src/evidence/index.ts";
import type { Gap, SignatureVerdict, SignerIdentity, Statement, StatementVerdict } from "../../src/model/evidence.ts";
import { sigstore } from "./attacks/attack.ts";
import { artifact, DIGEST, keylessBundle, statementOf, SUBJECT } from "./make/artifacts.ts";
import { keyless, NOW } from "./make/sigstore.ts";

const key = (name: string): SignerIdentity => ({ is: "key", key: name });
const by = (signers: readonly string[], identity: SignerIdentity = key(signers.join()), kind: Statement["kind"] = "signature"): Statement =>
  ({ kind, format: "bundle", artifact: DIGEST, verdict: { is: "verified", signers, identity, times: [] } });
const worded = (verdict: StatementVerdict, kind: Statement["kind"] = "signature"): Statement => ({ kind, format: "bundle", artifact: DIGEST, verdict });

const wrong = worded({ is: "invalid", code: "subject-mismatch", message: "wrong" });
const untrusted = worded({ is: "untrusted", identity: key("x"), message: "by somebody else" });
const open = worded({ is: "unknown", code: "needs-online-log", message: "could be" });
const stranger = worded({ is: "unknown", code: "no-key-fits", message: "no key fits" });
const unsigned = worded({ is: "unknown", code: "unsigned", message: "unsigned" }, "other");
const gap: Gap = { code: "unreachable", message: "could not ask" };
const a: Need = { signers: ["a"], atLeast: 1 };

const is = (statements: readonly Statement[], gaps: readonly Gap[] = [], need: Need = a): SignatureVerdict["is"] => decide(statements, gaps, need).is;

describe("one signer", () => {
  test("is enough, whatever else is attached or could not be asked", () => {
    const verdict = decide([wrong, untrusted, open, stranger, by(["a"])], [gap], a);
    assert.deepEqual(verdict.is === "verified" && verdict.signers, ["a"]);
  });

  test("has to be one of those who are wanted", () => assert.equal(is([by(["b"])]), "untrusted"));
  test("signs with a signature, not with an attestation", () => assert.equal(is([by(["a"], key("a"), "attestation")]), "absent"));

  test("of an empty list is nobody", () => {
    assert.equal(is([by(["a"])], [], { signers: [], atLeast: 0 }), "untrusted");
    assert.equal(is([], [], { signers: [], atLeast: 0 }), "absent");
  });
});

describe("several signers", () => {
  const two: Need = { signers: ["a", "b", "c"], atLeast: 2 };

  test("are counted by name", () => {
    const verdict = decide([by(["a"]), by(["c"])], [], two);
    assert.deepEqual(verdict.is === "verified" && verdict.signers, ["a", "c"]);
  });

  test("two signatures of one are one", () => assert.equal(is([by(["a"]), by(["a"])], [], two), "untrusted"));
  test("one key under two names is one", () => assert.equal(is([by(["a", "b"], key("k"))], [], two), "untrusted"));
  test("two keys, one of them under two names, are two", () => assert.equal(is([by(["a", "b"], key("k")), by(["a"], key("l"))], [], two), "verified"));
  test("two keys under one name are one", () => assert.equal(is([by(["a"], key("k")), by(["a"], key("l"))], [], two), "untrusted"));

  test("one short says who is there", () => {
    const verdict = decide([by(["a"])], [], two);
    assert.ok(verdict.is === "untrusted" && /signed by a alone, and 2 of a, b, c/.test(verdict.why));
  });
});

describe("where nobody counts", () => {
  for (const [what, statements, gaps, expected] of [
    ["nothing attached is absent", [], [], "absent"],
    ["what nobody signed is absent", [unsigned], [], "absent"],
    ["an attestation is absent, even a wrong one", [worded({ is: "invalid", code: "subject-mismatch", message: "" }, "attestation")], [], "absent"],
    ["nothing found where not all could be asked is unknown", [], [gap], "unknown"],
    ["a signature by somebody else is untrusted", [untrusted], [], "untrusted"],
    ["a signature by an unknown key is untrusted", [stranger], [], "untrusted"],
    ["a wrong signature is invalid", [wrong], [], "invalid"],
    ["what could not even be read is invalid", [worded({ is: "invalid", code: "malformed", message: "" }, "other")], [], "invalid"],
    ["wrong beats untrusted", [untrusted, wrong], [], "invalid"],
    ["wrong beats what could not be asked", [wrong], [gap], "invalid"],
    ["what may be right beats untrusted", [untrusted, open], [], "unknown"],
    ["untrusted is not said while something could not be asked", [untrusted], [gap], "unknown"],
    ["untrusted beats an unknown key", [stranger, untrusted], [], "untrusted"],
  ] as const) test(what, () => assert.equal(is(statements, gaps), expected));

  test("the reason is that of the statement, or of the gap", () => {
    for (const [statements, gaps, why] of [[[wrong], [], /wrong/], [[untrusted], [], /somebody else/], [[open], [], /could be/], [[open], [gap], /could not ask/]] as const) {
      const verdict = decide(statements, gaps, a);
      assert.ok("why" in verdict && why.test(verdict.why));
    }
  });
});

describe("pitfalls that are about several statements", () => {
  const trust = { signers: [keyless()], roots: [sigstore.trust()] };
  const scan = statementOf({ predicateType: "https://cosign.sigstore.dev/attestation/vuln/v1" });
  const need = { signers: ["release"], atLeast: 1 };

  test("a scan by the release's own identity is no signature", () => {
    const statements = verifyAll({ artifacts: [keylessBundle(sigstore, { payload: scan })], gaps: [] }, SUBJECT, trust, NOW);
    assert.deepEqual(statements.map(({ kind, verdict }) => [kind, verdict.is]), [["attestation", "verified"]]);
    assert.equal(decide(statements, [], need).is, "absent");
  });

  test("a format that is present hides no other, and junk takes no signature away", () => {
    const junk = artifact({ mediaType: "application/vnd.dev.cosign.simplesigning.v1+json", bytes: Buffer.from("junk") });
    for (const artifacts of [[keylessBundle(sigstore, { payload: scan }), junk, keylessBundle(sigstore)], [keylessBundle(sigstore), junk]]) {
      assert.equal(decide(verifyAll({ artifacts, gaps: [] }, SUBJECT, trust, NOW), [], need).is, "verified");
    }
    assert.equal(decide(verifyAll({ artifacts: [junk], gaps: [] }, SUBJECT, trust, NOW), [], need).is, "invalid");
  });
});
