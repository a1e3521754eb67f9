import type { Answer } from "../model/facts.ts";
import type { Connection } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Attached } from "./evidence-parts.ts";
import { RegistryFault } from "./fault.ts";
import { hashed } from "./look-up.ts";
import { ACCEPT } from "./manifest.ts";
import { isWhole, type Source } from "./read-evidence.ts";
import { checked } from "./status.ts";

/** Reads from the endpoints that list a thing: the first that has its bytes gives them. */
export function registrySource(connection: Connection, name: string, endpointsOf: (attached: Attached) => readonly Endpoint[]): Source {
  return {
    name,
    manifest: (attached) => first(endpointsOf(attached), (endpoint) => connection.ask(endpoint, async (session) => {
      const { digest, sizes } = attached;
      const reply = await checked(session, await session.send("GET", `${endpoint.repository}/manifests/${digest}`, ACCEPT));
      if (reply.status === 404) throw new RegistryFault("malformed", `lists ${digest} as attached, and does not have it`);
      hashed(reply, digest);
      if (sizes.size > 0 && !sizes.has(reply.body.length)) throw new RegistryFault("wrong-bytes", `lists ${digest} with a size that is not its ${reply.body.length} bytes`);
      return { is: "known", value: { bytes: reply.body, type: reply.headers["content-type"] } };
    })),
    layer: (attached, layer) => first(endpointsOf(attached), (endpoint) => connection.ask(endpoint, async (session) => {
      const reply = await checked(session, await session.send("GET", `${endpoint.repository}/blobs/${layer.digest}`, "*/*", layer.size).catch(tooLong));
      if (reply.status === 404) throw new RegistryFault("malformed", `does not have the layer ${layer.digest} of ${attached.digest}`);
      if (!isWhole(reply.body, layer)) throw new RegistryFault("wrong-bytes", `sent ${reply.body.length} bytes as the layer ${layer.digest}, which they are not`);
      return { is: "known", value: reply.body };
    })),
  };
}

/** More bytes than the manifest says are other bytes: no cap was reached. */
function tooLong(error: unknown): never {
  if (error instanceof RegistryFault && error.code === "too-large") throw new RegistryFault("wrong-bytes", "sent a layer that is longer than its manifest says");
  throw error;
}

/** The first bytes that come, or what the first endpoint said. */
async function first<Value>(endpoints: readonly Endpoint[], ask: (endpoint: Endpoint) => Promise<Answer<Value>>): Promise<Answer<Value>> {
  let failed: Answer<Value> | undefined;
  for (const endpoint of endpoints) {
    const answer = await ask(endpoint);
    if (answer.is === "known") return answer;
    failed ??= answer;
  }
  return failed ?? { is: "absent" };
}
