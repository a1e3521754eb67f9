/** Whether kustomize would take a path for something to fetch. */

/**
 * By prefix alone, as kustomize's own reader of addresses does (`api/internal/git/repospec.go`), and wider: any
 * scheme, any `user@host`, GitHub in all its spellings. A local folder of such a name is not told apart from it,
 * since kustomize does not either.
 */
const REMOTE = /^\s*(?:git::|gh:|[a-z][a-z0-9+.-]*:\/\/|(?:file|ssh|https?|git):|[^\s/@:]+@[^\s/@]+[:/]|(?:[^\s/@]+@)?(?:www\.)?(?:github|gitlab)\.com[:/])/i;

export const looksRemote = (written: string): boolean => REMOTE.test(written);
