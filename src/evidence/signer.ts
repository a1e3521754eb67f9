/** Whether a proved identity is one that the policy names. */
import type { Leaf } from "./certificate.ts";
import { extensionText } from "./certificate.ts";
import type { KeylessSigner } from "../model/policy.ts";

/** What keeps this signer from being the one who signed; undefined when it is the one. */
export function difference(signer: KeylessSigner, leaf: Leaf): string | undefined {
  if (!isIdentity(signer, leaf.identity)) return `${signer.name} is ${signer.identity}`;
  if (signer.issuer !== leaf.issuer) return `${signer.name} is vouched for by ${signer.issuer}`;
  for (const [number, wanted] of Object.entries(signer.extensions)) {
    const found = extensionText(leaf.certificate, number);
    if (found !== wanted) return `${signer.name} has ${wanted} in the extension ${number}, and the certificate ${found ?? "nothing"}`;
  }
  return undefined;
}

function isIdentity({ identity, match }: KeylessSigner, found: string): boolean {
  return match === "exact" ? identity === found : globOf(identity).test(found);
}

const globs = new Map<string, RegExp>();

/** Always over the whole identity: an unanchored pattern is met by an attacker's URI that holds ours in its query. */
function globOf(glob: string): RegExp {
  let pattern = globs.get(glob);
  if (!pattern) {
    const source = glob.split(/(\*+)/).map((part) => (part === "*" ? "[^/]*" : /^\*+$/.test(part) ? ".*" : part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"))).join("");
    pattern = new RegExp(`^${source}$`, "su");
    globs.set(glob, pattern);
  }
  return pattern;
}
