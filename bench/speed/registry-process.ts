/** The embedded registry in a process of its own, so that its work is not timed as the client's. */
import { startDemoRegistry } from "../../src/demo/registry.ts";
import { fillRegistry } from "../tools/fill.ts";
import { wanted } from "../tools/reference.ts";
import type { Answer, Question } from "./registry.ts";

const registries: Awaited<ReturnType<typeof startDemoRegistry>>[] = [];

process.on("message", (question: Question) => {
  void answer(question).then((reply) => process.send?.(reply));
});
// Without its bench it has nothing to do.
process.on("disconnect", () => process.exit(0));

async function answer(question: Question): Promise<Answer> {
  if (question.ask === "start") {
    const images = question.references.flatMap((text) => wanted(text) ?? []);
    const registry = await startDemoRegistry({ latencyMs: question.latencyMs });
    registries.push(registry);
    // Pushing through the latency would take minutes: put straight into memory instead.
    if (question.latencyMs > 0) for (const image of images) registry.putImage(`${image.host}/${image.repository}`, image.tag, { seed: image.tag });
    else await fillRegistry(registry.host, images);
    registry.log.splice(0);
    return { host: registry.host, heads: 0, unique: 0, other: 0 };
  }
  const registry = registries[0];
  if (!registry) throw new Error("not started");
  const log = registry.log.splice(0);
  const heads = log.filter(({ method }) => method === "HEAD");
  return { host: registry.host, heads: heads.length, unique: new Set(heads.map(({ path }) => path)).size, other: log.length - heads.length };
}
