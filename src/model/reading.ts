/** What a reading is called in words: for findings, comparisons, and names that outlive edits. */
import { formatReference } from "./reference.ts";
import type { ImageSite, Reading } from "./site.ts";

/** The reference, or what stands there instead of one. */
export const textOfReading = (reading: Reading): string => (reading.is === "reference" ? formatReference(reading.reference) : reading.is);

/** The reference that a site's parts make, or its text where they make none. */
export const imageOf = ({ reading, raw }: Pick<ImageSite, "reading" | "raw">): string => (reading.is === "reference" ? formatReference(reading.reference) : raw);
