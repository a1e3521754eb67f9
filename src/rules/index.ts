/** Every rule, in the order in which they are run and listed: first about images, then about what else is taken from elsewhere. */
import type { ArtifactRule, Rule } from "../model/finding.ts";
import { argocdSourceOverridesPlugin } from "./argocd-source-overrides-plugin.ts";
import { baseByCommit } from "./base-by-commit.ts";
import { chartByDigest } from "./chart-by-digest.ts";
import { digestExists } from "./digest-exists.ts";
import { entryKeepsThePin } from "./entry-keeps-the-pin.ts";
import { entryKeepsTheTag } from "./entry-keeps-the-tag.ts";
import { entryReachesAnImage } from "./entry-reaches-an-image.ts";
import { entryUsesItsSuffix } from "./entry-uses-its-suffix.ts";
import { exactVersion } from "./exact-version.ts";
import { literalReference } from "./literal-reference.ts";
import { lockedDependencies } from "./locked-dependencies.ts";
import { nameATag } from "./name-a-tag.ts";
import { pinByDigest } from "./pin-by-digest.ts";
import { pinTheIndex } from "./pin-the-index.ts";
import { pinnableField } from "./pinnable-field.ts";
import { registryOfOurs } from "./registry-of-ours.ts";
import { replacementKeepsThePin } from "./replacement-keeps-the-pin.ts";
import { tagBesideDigest } from "./tag-beside-digest.ts";
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
  entryUsesItsSuffix,
  replacementKeepsThePin,
  tagBesideDigest,
  digestExists,
  tagStands,
  pinTheIndex,
] as readonly Rule[];

/** Rules about charts, bases and revisions. */
export const artifactRules: readonly ArtifactRule[] = [exactVersion, lockedDependencies, chartByDigest, baseByCommit, argocdSourceOverridesPlugin];
