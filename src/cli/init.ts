/** `lading init` and `lading schema`. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import baseline from "../../schemas/baseline.schema.json" with { type: "json" };
import evidenceArchive from "../../schemas/evidence-archive.schema.json" with { type: "json" };
import inspect from "../../schemas/inspect.schema.json" with { type: "json" };
import policy from "../../schemas/policy.schema.json" with { type: "json" };
import report from "../../schemas/report.schema.json" with { type: "json" };
import { writeAtomically } from "../files/write.ts";
import { LadingError } from "../model/errors.ts";
import { write } from "./output.ts";

/** A policy to start from: every line says what it does, and those that decide something are comments. */
const POLICY = `# yaml-language-server: $schema=./node_modules/lading/schemas/policy.schema.json
# The policy of \`lading\`; \`lading schema policy\` prints what may stand here.

# Ask registries on every check, not only with --online.
online: false

# registries:
#   ours:                      # images from elsewhere are findings
#     - registry.example.com/**
#   plainHttp:                 # besides loopback
#     - registry.lan:5000

# mirrors:
#   - from: docker.io
#     to: registry.example.com/docker.io

# signers:
#   release:
#     key: keys/release.pub

# images:
#   - match: registry.example.com/**
#     signed: {by: [release]}  # docs/trust.md says what else there is
#   - match: registry.example.com/dev/**
#     pin: false
`;

export async function run(args: readonly string[], cwd: string): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) return write(process.stdout, INIT_HELP).then(() => 0);
  if (args.length > 0) throw new LadingError("usage", "init takes no arguments");
  const there = ["lading.yaml", "lading.yml"].find((name) => existsSync(resolve(cwd, name)));
  if (there !== undefined) throw new LadingError("usage", `${there} is there already`, "edit it; `lading schema policy` says what may stand in it");
  await writeAtomically(resolve(cwd, "lading.yaml"), Buffer.from(POLICY), "absent");
  await write(process.stdout, "wrote lading.yaml\n");
  return 0;
}

const INIT_HELP = "lading init\n\nWrites a lading.yaml to start from into this folder.\n";
const SCHEMA_HELP = "lading schema [policy|report|baseline|inspect|evidence-archive]\n\nPrints a JSON Schema, for editors and for checking reports.\n";

const SCHEMAS: Readonly<Record<string, unknown>> = { policy, report, baseline, inspect, "evidence-archive": evidenceArchive };

export async function schema(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) return write(process.stdout, SCHEMA_HELP).then(() => 0);
  const name = args[0] ?? "policy";
  const found = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined;
  if (found === undefined) throw new LadingError("usage", `there is no schema ${name}`, Object.keys(SCHEMAS).join(", "));
  await write(process.stdout, `${JSON.stringify(found, null, 2)}\n`);
  return 0;
}
