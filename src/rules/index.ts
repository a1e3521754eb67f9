/** Every rule, in the order in which they are run and listed. */
import type { Rule } from "../model/finding.ts";
import { digestExists } from "./digest-exists.ts";
import { entryKeepsThePin } from "./entry-keeps-the-pin.ts";
import { entryKeepsTheTag } from "./entry-keeps-the-tag.ts";
import { entryReachesAnImage } from "./entry-reaches-an-image.ts";
import { literalReference } from "./literal-reference.ts";
import { nameATag } from "./name-a-tag.ts";
import { noOlderThanBefore } from "./no-older-than-before.ts";
import { pinByDigest } from "./pin-by-digest.ts";
import { pinTheIndex } from "./pin-the-index.ts";
import { pinnableField } from "./pinnable-field.ts";
import { registryOfOurs } from "./registry-of-ours.ts";
import { replacementKeepsThePin } from "./replacement-keeps-the-pin.ts";
import { signatureIsForThisDigest } from "./signature-is-for-this-digest.ts";
import { signedByATrustedSigner } from "./signed-by-a-trusted-signer.ts";
import { tagStands } from "./tag-stands.ts";
import { wellFormedReference } from "./well-formed-reference.ts";

export const rules: readonly Rule[] = [
  pinByDigest,
  nameATag,
  wellFormedReference,
  literalReference,
  pinnableField,
  registryOfOurs,
  entryReachesAnImage,
  entryKeepsThePin,
  entryKeepsTheTag,
  replacementKeepsThePin,
  digestExists,
  tagStands,
  pinTheIndex,
  signedByATrustedSigner,
  signatureIsForThisDigest,
  noOlderThanBefore,
] as readonly Rule[];
