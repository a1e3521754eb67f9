/** The account of a run: every reference in exactly one state, so that the counts add up. */
import type { LocatedFile } from "../model/site.ts";
import type { SignatureState } from "../model/report.ts";
import { type State, stateOf } from "../model/state.ts";

/** Counts references while files are judged, each in exactly one state. */
export class Account {
  readonly states: Record<State, number> = { pinned: 0, floating: 0, templated: 0, placeholder: 0, incomplete: 0, "not-run": 0, invalid: 0 };
  references = 0;
  files = 0;
  ignored = 0;
  /** Images that have to be signed, by what their signatures amount to. */
  signatures: Record<SignatureState["is"], number> | undefined;
  fixable = 0;

  addSignature(state: SignatureState | undefined): void {
    this.signatures ??= { verified: 0, absent: 0, untrusted: 0, invalid: 0, unknown: 0 };
    if (state) this.signatures[state.is]++;
  }

  /** @param wanted whether `lading pin` would write a site if it can, by the site's place in the file's list */
  add({ sites }: LocatedFile, ignored: ReadonlySet<number>, wanted: (site: number) => boolean): void {
    this.references += sites.length;
    if (sites.length > 0) this.files++;
    for (const [i, site] of sites.entries()) {
      if (ignored.has(i)) this.ignored++;
      else {
        this.states[stateOf(site)]++;
        if (site.slots.length > 0 && site.unsafe === undefined && wanted(i)) this.fixable++;
      }
    }
  }
}
