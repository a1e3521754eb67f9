/** What comes of probing. */
import type { ImageReference } from "../../model/reference.ts";
import type { PinForm } from "../../surfaces/pin-forms.ts";
import type { Reason } from "./judge-difference.ts";

/** A form that was not taken. */
export interface Tried {
  readonly form: PinForm;
  readonly reason: Reason;
}

/** What came of one candidate. */
export type ProbeOutcome =
  /** `image`: as it is rendered now, which is what a registry has to be asked about. `writes`: the tag that goes along. `also`: what else changes, which is a label. */
  | { readonly is: "pinned"; readonly form: PinForm; readonly image: ImageReference; readonly writes?: string; readonly also?: string; readonly occurrences: number }
  /** Nothing that is rendered comes from here: a chart that is off, or a value that another layer overrides. */
  | { readonly is: "inactive" }
  | { readonly is: "refused"; readonly reason: Reason; readonly tried: readonly Tried[]; readonly image?: ImageReference };
