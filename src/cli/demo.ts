/** `lading demo`: the main job on a registry and a repository of its own, with the output of real runs. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startDemoRegistry } from "../demo/registry.ts";
import { makeKeys, signImage } from "../demo/sign.ts";
import { FILES, IMAGES, REGISTRIES } from "../demo/tree.ts";
import { run as check } from "./check.ts";
import { run as inspect } from "./inspect.ts";
import { describeOptions, parse } from "./options.ts";
import { write } from "./output.ts";
import { run as pin } from "./pin.ts";

const OPTIONS = {
  keep: { type: "boolean", help: "leave the repository there to look at" },
  help: { type: "boolean", short: "h", help: "this text" },
} as const;

export const HELP = `lading demo

Starts an OCI registry on loopback, writes a small repository, and runs check, pin, check; then wants signatures,
looks at an image that has none, signs it, and checks again.
Needs no network and no configuration.

Options:
${describeOptions(OPTIONS)}
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = await parse(args, OPTIONS);
  if (values["help"]) return write(process.stdout, HELP).then(() => 0);
  const registry = await startDemoRegistry();
  const folder = mkdtempSync(join(tmpdir(), "lading-demo-"));
  try {
    for (const { repository, tag, platforms } of IMAGES) registry.putImage(repository, tag, platforms ? { platforms } : {});
    plant(folder, registry.host);
    const names = new Map<Command, string>([[pin, "pin"], [inspect, "inspect"]]);
    const step = async (title: string, command: Command, given: readonly string[]): Promise<number> => {
      await write(process.stdout, `\n# ${title}\n$ lading ${names.get(command) ?? "check"}${given.map((one) => ` ${one}`).join("")}\n`);
      const code = await command([...given, "--no-cache", "--policy", join(folder, "lading.yaml")], folder);
      await write(process.stdout, `(exit ${code})\n`);
      return code;
    };
    await step("A repository with tags: what can change after review?", check, []);
    await step("What would a pin change? Nothing but the references.", pin, ["--diff"]);
    await step("Pin: one question to the registry for each reference, one edit for each place.", pin, []);
    await step("Are they all there? Nothing is left to change.", check, ["--online"]);
    const keys = makeKeys();
    const [shop, mail] = SIGNED.map((name) => registry.putImage(name, "2.1", { platforms: ["linux/amd64", "linux/arm64"] })) as [string, string];
    await signImage(registry.url, SIGNED[0], shop, keys);
    wantSignatures(folder, registry.host, [shop, mail], keys.publicKey);
    await step("And who made them? The policy wants images of our own registry signed by the release key.", check, ["--online", "shop"]);
    await step("One image, and everything that is attached to it.", inspect, [`${registry.host}/${SIGNED[0]}:2.1`]);
    await signImage(registry.url, SIGNED[1], mail, keys);
    const last = await step("The release pipeline signs the one that was missing.", check, ["--online", "shop"]);
    const heads = registry.log.filter(({ method }) => method === "HEAD").length;
    await write(process.stdout, `\nThe registry was asked ${heads} times. ${values["keep"] ? `The repository is in ${folder}` : "The repository is gone again; --keep leaves it"}.\n`);
    return last;
  } finally {
    await registry.close();
    if (!values["keep"]) rmSync(folder, { recursive: true, force: true });
  }
}

type Command = (args: readonly string[], cwd: string) => Promise<number>;

/** Images that stand in the demo registry under names of its own. */
const SIGNED = ["acme/shop", "acme/mail"] as const;

/** Deploys them, and says whose signatures they need. */
function wantSignatures(folder: string, host: string, digests: readonly string[], publicKey: string): void {
  const containers = SIGNED.map((name, i) => `    - name: ${name.slice("acme/".length)}\n      image: ${host}/${name}:2.1@${digests[i]!}\n`).join("");
  for (const part of ["shop", "keys"]) mkdirSync(join(folder, part));
  writeFileSync(join(folder, "shop/pod.yaml"), `apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\nspec:\n  containers:\n${containers}`);
  writeFileSync(join(folder, "keys/release.pub"), publicKey);
  appendFileSync(join(folder, "lading.yaml"), `signers:\n  release: {key: keys/release.pub}\nimages:\n  - {match: "${host}/**", signed: {by: [release]}}\n`);
}

/** Writes the repository, with a policy that asks the demo registry for every image. */
function plant(folder: string, host: string): void {
  const mirrors = REGISTRIES.map((name) => `  - from: ${name}\n    to: ${host}/${name}\n`).join("");
  for (const [file, content] of Object.entries({ ...FILES, "lading.yaml": `mirrors:\n${mirrors}` })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
}
