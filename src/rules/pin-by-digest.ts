import type { Rule } from "../model/finding.ts";
import { imagePolicyFor } from "../model/match.ts";
import { locate } from "../model/reference.ts";
import type { ImageSite } from "../model/site.ts";

const howToPin = ({ unsafe }: ImageSite): string =>
  unsafe === undefined ? "run `lading pin`" : `\`lading pin --unsafe-fixes\` writes it; look at the result, since ${unsafe}`;

export const pinByDigest: Rule<"tagged"> = {
  id: "pin-by-digest",
  summary: "An image is named by its digest, so that what was reviewed is what runs",
  severity: "error",
  needs: [],
  uses: ["tagged"],
  page: `A tag is a label that its owner can move at any time; a digest is the artifact. A manifest that names
only a tag can run another image tomorrow, and no review of the repository will show it.

**What to do.** Run \`lading pin\`. It asks the registry once for each reference and writes the digest next to
the tag (\`nginx:1.27@sha256:…\`), touching no other byte. The tag stays for people to read.

**Exceptions.** Images that need no digest are named in the policy:

\`\`\`yaml
images:
  - match: ghcr.io/acme/dev-*
    pin: false
\`\`\``,
  *check(site, { tagged }, policy) {
    if (site.reading.is !== "reference" || site.reading.reference.digest !== undefined) return;
    const { name, tag } = site.reading.reference;
    if (!imagePolicyFor(policy, locate(name)).pin) return;
    yield {
      message: "the image can change after review",
      label: tag === undefined ? "no tag, so whatever the registry calls latest" : `tag "${tag}" can be moved`,
      ...(tagged.is === "known" ? { fix: { set: { digest: tagged.value.digest }, safe: site.unsafe === undefined } } : {}),
      help: site.elsewhere ?? site.unpinnable ?? (tagged.is === "absent" ? "the registry has no such tag" : howToPin(site)),
    };
  },
};
