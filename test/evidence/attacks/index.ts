/** Every attack there is; the tests and the bench take them from here. */
import type { Attack } from "./attack.ts";
import { IDENTITIES } from "./identities.ts";
import { PAYLOADS } from "./payloads.ts";
import { WITNESSES } from "./witnesses.ts";

export const attacks: readonly Attack[] = [...PAYLOADS, ...IDENTITIES, ...WITNESSES];
