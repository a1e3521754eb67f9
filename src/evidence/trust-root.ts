/** A `trusted_root.json` as what it names: certificate authorities, timestamp authorities and logs, each with its period. */
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toTrustMaterial, type TrustMaterial } from "@sigstore/verify";
import type { Trust, TrustRoot } from "../model/evidence.ts";
import { refuse } from "./codes.ts";
import { type Fields, fieldsOf, readJson } from "./strict-json.ts";

/** Whom a root trusts to tell times and to keep logs. */
export type Witnesses = Pick<TrustMaterial, "timestampAuthorities" | "tlogs">;

const read = new WeakMap<TrustRoot, TrustMaterial>();

export function materialOf(root: TrustRoot): TrustMaterial {
  let material = read.get(root);
  if (!material) {
    material = parse(root);
    read.set(root, material);
  }
  return material;
}

/** What all roots together trust, for keys: these belong to no root. */
export function allWitnesses({ roots }: Trust): Witnesses {
  const materials = roots.map(materialOf);
  return { timestampAuthorities: materials.flatMap((one) => one.timestampAuthorities), tlogs: materials.flatMap((one) => one.tlogs) };
}

function parse({ json, file, name }: TrustRoot): TrustMaterial {
  try {
    const root = fieldsOf(readJson(json), "the trust root");
    for (const log of [root["tlogs"], root["ctlogs"]].flat()) if (log !== undefined) expectStart(fieldsOf(log, "a log"));
    return toTrustMaterial(TrustedRoot.fromJSON(root));
  } catch (error) {
    return refuse("trust-root-unreadable", `${file} of ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/** The library takes a key without a beginning for one that was always valid; the format requires one. */
function expectStart(log: Fields): void {
  const validFor = fieldsOf(fieldsOf(log["publicKey"], "a log's publicKey")["validFor"], "a log's publicKey.validFor");
  if (typeof validFor["start"] !== "string") throw new Error(`the log ${String(log["baseUrl"])} has no validFor.start`);
}
