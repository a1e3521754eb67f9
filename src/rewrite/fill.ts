/** A wanted reference and a site's slots → the edits that write it. */
import type { Edit } from "../model/edit.ts";
import { type Digest, formatReference, type ImageReference } from "../model/reference.ts";
import type { Slot } from "../model/site.ts";

/** One edit a slot, in the order of the slots. */
export function fill(slots: readonly Slot[], wanted: ImageReference): Edit[] {
  return slots.map((slot) => ({ span: slot.span, text: `${slot.before ?? ""}${spell(slot, wanted)}${slot.after ?? ""}` }));
}

function spell(slot: Slot, wanted: ImageReference): string {
  switch (slot.spells) {
    case "reference": return formatReference(wanted);
    case "digest": return wanted.digest ?? "";
    case "digest-hex": return hex(wanted.digest);
    case "tag": return wanted.tag ?? "";
    case "tag-and-digest": return `${wanted.tag ?? ""}${slot.between ?? ""}${wanted.digest ?? ""}`;
    case "tag-and-hex": return `${wanted.tag ?? ""}${slot.between ?? ""}${hex(wanted.digest)}`;
    case "nothing": return "";
    case "tag@digest": return `${wanted.tag ?? ""}${wanted.digest === undefined ? "" : `@${wanted.digest}`}`;
  }
}

const hex = (digest: Digest | undefined): string => digest?.slice(digest.indexOf(":") + 1) ?? "";
