/** What registries hold about images and their platforms, for those who will not be able to ask. */
import type { Exported } from "../model/archive.ts";
import type { Collect, ReadSubject, Subject, SubjectManifest } from "../model/evidence.ts";

export interface ExportOptions {
  readonly collect: Collect;
  readonly readSubject: ReadSubject;
  /** ISO time now. */
  readonly now: () => string;
  /** Told as each subject is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Asks about every subject, and about the images that an index lists: each can be signed and scanned on its own. */
export async function exportEvidence(subjects: readonly Subject[], options: ExportOptions): Promise<readonly Exported[]> {
  let total = subjects.length;
  let done = 0;
  const asked = new Map<string, Promise<Exported>>();
  const ask = (subject: Subject): Promise<Exported> => {
    const key = `${subject.registry}/${subject.repository}@${subject.digest}`;
    let promise = asked.get(key);
    if (promise === undefined) asked.set(key, (promise = askOne(subject, options).then((one) => (options.onProgress?.(++done, total), one))));
    return promise;
  };
  const all = await Promise.all(subjects.map(async (subject) => {
    const own = await ask(subject);
    const children = own.manifest === undefined ? [] : imagesOf(own.manifest);
    total += children.length;
    return [own, ...(await Promise.all(children.map((digest) => ask({ registry: subject.registry, repository: subject.repository, digest }))))];
  }));
  return [...new Set(all.flat())];
}

/** Children that run somewhere: what BuildKit attaches as a child is about another child, and runs nowhere. */
function imagesOf({ children }: SubjectManifest): readonly Subject["digest"][] {
  return children.filter(({ annotations }) => annotations["vnd.docker.reference.type"] === undefined).map(({ digest }) => digest);
}

async function askOne(subject: Subject, { collect, readSubject, now }: ExportOptions): Promise<Exported> {
  const { registry, repository, digest } = subject;
  const asked = now();
  const [manifest, found] = await Promise.all([readSubject(subject), collect(subject)]);
  if (manifest.is === "known") return { registry, repository, digest, asked, manifest: manifest.value, collected: found };
  const gap = manifest.is === "unknown" ? manifest.why : { code: "malformed" as const, message: `${registry}: has no manifest ${digest} in ${repository}` };
  return { registry, repository, digest, asked, collected: { ...found, gaps: [{ code: gap.code, message: gap.message }, ...found.gaps] } };
}
