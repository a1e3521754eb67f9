/** The version in package.json; the bundle carries it. */
import manifest from "../../package.json" with { type: "json" };

export const VERSION: string = manifest.version;
