/** cosign and notation as a release pipeline runs them, against a registry on loopback. */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KeyObject } from "node:crypto";
import { type Chain, chainPem, keyPem } from "./authorities.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program; its failure is an answer. */
export function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<Ran> {
  return new Promise((done) => {
    execFile(command, [...args], { env: { PATH: process.env["PATH"], ...env }, cwd, timeout: 120_000, maxBuffer: 1 << 26 }, (error, out, err) =>
      done({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, out, err }),
    );
  });
}

export async function mustRun(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<Ran> {
  const ran = await run(command, args, env, cwd);
  if (ran.code !== 0) throw new Error(`${command} ${args.join(" ")}: ${ran.code}\n${ran.err}${ran.out}`);
  return ran;
}

export class Cosign {
  readonly program: string;
  readonly folder: string;

  constructor(program: string, folder: string) {
    this.program = program;
    this.folder = folder;
  }

  /** Whether it agreed, and its last words. */
  ask(...args: readonly string[]): Promise<Ran> {
    return run(this.program, args, this.#environment, this.folder);
  }

  async do(...args: readonly string[]): Promise<void> {
    await mustRun(this.program, args, this.#environment, this.folder);
  }

  /** Makes `NAME.key` and `NAME.pub` of a key. */
  async importKey(name: string, key: KeyObject): Promise<void> {
    writeFileSync(join(this.folder, `${name}.pem`), key.export({ type: "pkcs8", format: "pem" }));
    await this.do("import-key-pair", "--key", `${name}.pem`, "--output-key-prefix", name, "--yes");
  }

  get #environment(): Readonly<Record<string, string>> {
    return { HOME: this.folder, COSIGN_PASSWORD: "", SIGSTORE_NO_CACHE: "true" };
  }
}

export interface NotationStore {
  readonly authorities: string;
  readonly timestampAuthorities?: string;
  /** As in notation's own policy; default everybody. */
  readonly identities?: readonly string[];
}

export class Notation {
  readonly program: string;
  readonly folder: string;

  constructor(program: string, folder: string) {
    this.program = program;
    this.folder = folder;
  }

  /** A configuration of its own, with one key that signs. */
  addKey(name: string, chain: Chain): void {
    const file = (base: string, text: string): string => this.#file(join("localkeys", base), text);
    const key = { name, keyPath: file(`${name}.key`, keyPem(chain.leaf)), certPath: file(`${name}.crt`, chainPem(chain)) };
    this.#file("signingkeys.json", JSON.stringify({ default: name, keys: [key] }));
  }

  /** What is trusted from now on. */
  trust({ authorities, timestampAuthorities, identities = ["*"] }: NotationStore): void {
    const stores = ["ca:trusted", ...(timestampAuthorities === undefined ? [] : ["tsa:clocks"])];
    this.#file("truststore/x509/ca/trusted/authorities.crt", authorities);
    if (timestampAuthorities !== undefined) this.#file("truststore/x509/tsa/clocks/authorities.crt", timestampAuthorities);
    const policy = { name: "all", registryScopes: ["*"], signatureVerification: { level: "strict" }, trustStores: stores, trustedIdentities: identities };
    this.#file("trustpolicy.json", JSON.stringify({ version: "1.0", trustPolicies: [policy] }));
  }

  async sign(reference: string, ...flags: readonly string[]): Promise<void> {
    await mustRun(this.program, ["sign", "--insecure-registry", "--force-referrers-tag=false", ...flags, reference], this.#environment);
  }

  verify(reference: string): Promise<Ran> {
    return run(this.program, ["verify", "--insecure-registry", reference], this.#environment);
  }

  #file(path: string, text: string): string {
    const target = join(this.folder, "notation", path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { mode: 0o600 });
    return target;
  }

  get #environment(): Readonly<Record<string, string>> {
    return { HOME: this.folder, XDG_CONFIG_HOME: this.folder };
  }
}
