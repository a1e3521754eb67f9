/** A transparency log with its tree, promises and checkpoints, as Rekor 1 and 2 answer. */
import { sign } from "node:crypto";
import { json } from "@sigstore/core";
import { ecKey, type KeyPair, sha256, spki } from "./certificates.ts";

const leafHash = (leaf: Buffer): Buffer => sha256(Buffer.from([0]), leaf);
const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.from([1]), left, right);

/** RFC 6962, 2.1: the largest power of two below `n`. */
function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leafHash(leaves[0]!);
  const k = splitOf(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

function proofOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = splitOf(leaves.length);
  return index < k ? [...proofOf(index, leaves.slice(0, k)), rootOf(leaves.slice(k))] : [...proofOf(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

/** An entry in the shape that it has in a bundle. */
export interface Entry {
  logIndex: string;
  logId: { keyId: string };
  kindVersion: { kind: string; version: string };
  integratedTime?: string;
  inclusionPromise?: { signedEntryTimestamp: string };
  inclusionProof?: { logIndex: string; treeSize: string; rootHash: string; hashes: string[]; checkpoint?: { envelope: string } };
  canonicalizedBody: string;
}

export class Log {
  readonly host: string;
  readonly keys: KeyPair = ecKey();
  readonly id: Buffer = sha256(spki(this.keys.publicKey));
  readonly leaves: Buffer[] = [Buffer.from("others"), Buffer.from("were"), Buffer.from("here")];

  constructor(host: string) {
    this.host = host;
  }

  /** Enters a body, and answers as Rekor 1 does where there is a time, else as Rekor 2. */
  enter(body: { kind: string; apiVersion: string; spec: unknown }, time: Date | undefined, alsoProof = true): Entry {
    const canonical = Buffer.from(json.canonicalize(body));
    const index = this.leaves.push(canonical) - 1;
    const entry: Entry = { logIndex: String(index), logId: { keyId: this.id.toString("base64") }, kindVersion: { kind: body.kind, version: body.apiVersion }, canonicalizedBody: canonical.toString("base64") };
    if (time) {
      entry.integratedTime = String(time.getTime() / 1000);
      entry.inclusionPromise = { signedEntryTimestamp: this.promise(entry) };
    }
    if (alsoProof || !time) entry.inclusionProof = this.proof(index);
    return entry;
  }

  promise({ canonicalizedBody: body, integratedTime, logIndex }: Entry): string {
    const promised = json.canonicalize({ body, integratedTime: Number(integratedTime), logIndex: Number(logIndex), logID: this.id.toString("hex") });
    return sign("sha256", Buffer.from(promised), this.keys.privateKey).toString("base64");
  }

  proof(index: number): NonNullable<Entry["inclusionProof"]> {
    const root = rootOf(this.leaves);
    return {
      logIndex: String(index), treeSize: String(this.leaves.length), rootHash: root.toString("base64"),
      hashes: proofOf(index, this.leaves).map((hash) => hash.toString("base64")),
      checkpoint: { envelope: this.checkpoint(root, this.leaves.length) },
    };
  }

  checkpoint(root: Buffer, size: number, keys = this.keys, id = this.id): string {
    const note = `${this.host} - 42\n${size}\n${root.toString("base64")}\n`;
    const signature = Buffer.concat([id.subarray(0, 4), sign("sha256", Buffer.from(note), keys.privateKey)]);
    return `${note}\n\u2014 ${this.host} ${signature.toString("base64")}\n`;
  }
}
