/** A TUF repository on loopback (theupdateframework.github.io/specification), with keys made when it starts. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Key {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly described: object;
}

/** Canonical JSON, as far as these texts need it: sorted keys, no blanks. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(",")}}`;
}

const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

function makeKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const described = { keytype: "ed25519", scheme: "ed25519", keyval: { public: publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex") } };
  return { id: sha256(canonical(described)), privateKey, described };
}

export interface TufRepository {
  readonly url: string;
  /** The first root, as it is handed out by hand. */
  readonly initialRoot: string;
  /** Requests so far. */
  readonly asked: () => number;
  /** Puts a target in place, and all metadata of a new version. */
  publish(target: string, content: string, options?: { readonly expired?: boolean; readonly version?: number; readonly spoil?: boolean }): void;
  /** Signs a next root with another key for the rest; the old root's key vouches for it. */
  rotate(options?: { readonly withStranger?: boolean }): void;
  close(): Promise<void>;
}

export async function startTufRepository(): Promise<TufRepository> {
  let rootKey = makeKey();
  let key = makeKey();
  let rootVersion = 1;
  let version = 0;
  let asked = 0;
  const files = new Map<string, string | Buffer>();
  const server = createServer((request, response) => {
    asked++;
    const body = files.get((request.url ?? "").slice(1));
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));

  const until = (expired: boolean): string => (expired ? "2020-01-01T00:00:00Z" : "2099-01-01T00:00:00Z");
  const signed = (body: object, ...keys: readonly Key[]): string =>
    JSON.stringify({ signed: body, signatures: keys.map(({ id, privateKey }) => ({ keyid: id, sig: sign(undefined, Buffer.from(canonical(body)), privateKey).toString("hex") })) });
  const root = (): object => {
    const role = ({ id }: Key): object => ({ keyids: [id], threshold: 1 });
    return {
      _type: "root", spec_version: "1.0", version: rootVersion, expires: until(false), consistent_snapshot: true,
      keys: { [rootKey.id]: rootKey.described, [key.id]: key.described },
      roles: { root: role(rootKey), timestamp: role(key), snapshot: role(key), targets: role(key) },
    };
  };
  const initialRoot = signed(root(), rootKey);
  files.set("1.root.json", initialRoot);

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    initialRoot,
    asked: () => asked,
    publish(target, content, { expired = false, version: wanted, spoil = false } = {}) {
      version = wanted ?? version + 1;
      const frame = { spec_version: "1.0", version, expires: until(false) };
      const targets = signed({ ...frame, _type: "targets", targets: { [target]: { length: Buffer.byteLength(content), hashes: { sha256: sha256(content) } } } }, key);
      const snapshot = signed({ ...frame, _type: "snapshot", meta: { "targets.json": { version } } }, key);
      files.set(`${version}.targets.json`, targets);
      files.set(`${version}.snapshot.json`, snapshot);
      files.set("timestamp.json", signed({ ...frame, expires: until(expired), _type: "timestamp", meta: { "snapshot.json": { version } } }, key));
      files.set(`targets/${sha256(content)}.${target}`, spoil ? content.replace("sigstore", "sigstorf") : content);
    },
    rotate({ withStranger = false } = {}) {
      const old = rootKey;
      rootKey = makeKey();
      key = makeKey();
      rootVersion++;
      files.set(`${rootVersion}.root.json`, signed(root(), rootKey, ...(withStranger ? [] : [old])));
    },
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}
