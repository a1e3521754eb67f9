/** Fields from types: packages in the form of those that @kubernetes-models publishes, written by the test. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { PolicyError } from "../../src/files/policy-parse.ts";
import { readPolicy } from "../../src/files/policy.ts";
import type { Policy } from "../../src/model/policy.ts";

const made: string[] = [];
after(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A repository; paths behind `@` are in the package @kubernetes-models/acme. */
function repository(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "lading-models-"));
  made.push(root);
  mkdirSync(join(root, ".git"));
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name.replace(/^@/, "node_modules/@kubernetes-models/acme/"));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return root;
}

const WIDGET = "@kubernetes-models/acme/acme.example/v1/Widget";

const read = (root: string, model = WIDGET, folder = "."): Promise<Policy> => {
  writeFileSync(join(root, folder, "lading.yaml"), `fields:\n  - model: "${model}"\n`);
  return readPolicy(join(root, folder, "lading.yaml"), [], "lading.yaml");
};

const paths = ({ fields }: Policy): string[] => fields.map(({ path, shape, keys }) => `${path} ${shape}${keys ? ` ${JSON.stringify(keys)}` : ""}`).sort();

/** A kind with this as its spec. */
const widget = (spec: string, more = ""): string => `import { IIoK8sApimachineryPkgApisMetaV1ObjectMeta } from "@kubernetes-models/apimachinery/apis/meta/v1/ObjectMeta";
import { ModelData, TypeMeta, Model } from "@kubernetes-models/base";
${more}
export interface IWidget extends TypeMeta {
    "apiVersion": "acme.example/v1";
    "kind": "Widget";
    "metadata"?: IIoK8sApimachineryPkgApisMetaV1ObjectMeta;
    /** An image is pulled. */
    "spec"?: ${spec};
    "status"?: { "image"?: string; };
}
export declare class Widget extends Model<IWidget> implements IWidget {
    "apiVersion": "acme.example/v1";
    "kind": "Widget";
    static apiVersion: IWidget["apiVersion"];
    constructor(data?: ModelData<IWidget>);
}
`;

const ofSpec = async (spec: string, more = "", others: Readonly<Record<string, string>> = {}): Promise<string[]> =>
  paths(await read(repository({ "@acme.example/v1/Widget.d.ts": widget(spec, more), ...others })));

const FOUND: Readonly<Record<string, readonly [spec: string, found: readonly string[], more?: string, others?: Readonly<Record<string, string>>]>> = {
  "text under a name of an image": [`{ "image": string; "sidecarImage"?: string | null; imageName?: string; "imagePullPolicy"?: string }`, ["spec.image ref", "spec.imageName ref", "spec.sidecarImage ref"]],
  "an address, which may have a scheme": [`{ "imageURL"?: string }`, [`spec object {"ref":"imageURL"}`]],
  "lists and maps": [`{ "steps": Array<{ "image": string }>; "more"?: ReadonlyArray<{ image: string }>; "last": { image: string }[]; "nodes"?: { [key: string]: { "image"?: string } }; "pools"?: Record<string, { image: string }> }`,
    ["spec.last[*].image ref", "spec.more[*].image ref", "spec.nodes{*}.image ref", "spec.pools{*}.image ref", "spec.steps[*].image ref"]],
  "a repository and a tag": [`{ "runner": { "registry"?: string; "repository"?: string; "tag"?: string; "digest"?: string } }`, [`spec.runner object {"registry":"registry","repository":"repository","tag":"tag","digest":"digest"}`]],
  "a repository and a version, of an image": [`{ "image": { "repository": string; "version": string } }`, [`spec.image object {"repository":"repository","version":"version"}`]],
  "an image with its tag beside it": [`{ "image"?: string; "tag"?: string }`, [`spec object {"repository":"image","tag":"tag"}`]],
  "types of Kubernetes": [`{ a: IIoK8sApiCoreV1PodSpec; b: IPodTemplateSpec; c: Array<IIoK8sApiCoreV1Container>; d: IIoK8sApiBatchV1JobSpec; e: Probe; f: import("kubernetes-models/v1/Volume").IVolume[] }`,
    ["spec.a podSpec", "spec.b.spec podSpec", "spec.c[*].image ref", "spec.d.template.spec podSpec", "spec.f[*].image.reference ref"],
    `import { IIoK8sApiCoreV1PodSpec } from "kubernetes-models/v1/PodSpec";
import { IPodTemplateSpec } from "kubernetes-models/v1/PodTemplateSpec.js"; import { IIoK8sApiCoreV1Container } from "kubernetes-models/v1/Container";
import { IIoK8sApiBatchV1JobSpec } from "kubernetes-models/batch/v1/JobSpec"; import { IProbe as Probe } from "kubernetes-models/v1";`],
  "what a container type is extended with": [`INode`, ["spec.image ref", "spec.toolImage ref"], `import { IIoK8sApiCoreV1Container } from "kubernetes-models/v1/Container";\ninterface INode extends IIoK8sApiCoreV1Container { toolImage: string }`],
  "types of other modules, under other names": [`IAcmeV1Spec & all.More`, ["spec.inner.image ref", "spec.moreImage ref"], `import { IComAcmeV1Spec as IAcmeV1Spec } from "./Spec.js";\nimport * as all from ".";`, {
    "@acme.example/v1/Spec.d.ts": `import { Inner } from "./Inner.mjs";\nexport interface ISpec { "inner": Inner }\nexport type { ISpec as IComAcmeV1Spec };`,
    "@acme.example/v1/Inner.d.ts": `export type Text = string;\nexport type Inner = { "image": Text };`,
    "@acme.example/v1/index.d.ts": `export * from "./Spec.js";\nexport * from "./More.js";`,
    "@acme.example/v1/More.d.ts": `export interface More { moreImage: string }`,
  }],
  "a type within itself, once": [`INode`, ["spec.image ref", "spec.next.image ref"], `interface INode { image: string; next?: INode; }`],
  "types that lead to each other, from either": [`{ a: IA; b: IB }`, ["spec.a.b.image ref", "spec.b.a.b.image ref", "spec.b.image ref"], `interface IA { b?: IB }\ninterface IB { a?: IA; image: string }`],
};

describe("a type of a package", () => {
  for (const [what, [spec, found, more, others]] of Object.entries(FOUND)) test(`has ${what}`, async () => assert.deepEqual(await ofSpec(spec, more, others), [...found].sort()));

  const NOT: Readonly<Record<string, string>> = {
    "one of a few words": `{ "image": "small" | "large" }`,
    "no text": `{ "image": number; "images": string[]; "imageRef": { "name": string } }`,
    "a machine's": `{ "bootImage": string; "osImage": string }`,
    "a block device's": `{ "volumes": Array<{ "rbd": { "image": string } }> }`,
    "a chart's": `{ "chart": { "repository": string; "version": string }; "source": { "repository": string; "tag": string; "branch": string } }`,
  };
  for (const [what, spec] of Object.entries(NOT)) {
    test(`has no image in ${what}`, async () => assert.deepEqual(await ofSpec(`{ "realImage": string; "other": ${spec} }`), ["spec.realImage ref"]));
  }

  test("gives plain fields, of its version alone", async () => {
    const { fields } = await read(repository({ "@acme.example/v1/Widget.d.ts": widget(`{ "image": string }`) }));
    assert.deepEqual(fields, [{ group: "acme.example", kind: "Widget", path: "spec.image", shape: "ref", origin: "model", pin: "append", versions: ["v1"] }]);
  });

  test("changes the fields when the package does, which is what memories go by", async () => {
    const root = repository({ "@acme.example/v1/Widget.d.ts": widget(`{ "image": string }`) });
    const before = await read(root);
    writeFileSync(join(root, "node_modules/@kubernetes-models/acme/acme.example/v1/Widget.d.ts"), widget(`{ "image": string; "toolImage": string }`));
    assert.notDeepEqual((await read(root)).fields, before.fields);
  });

  test("keeps an image that stands beside another one's tag from being written", async () => {
    const { fields } = await read(repository({ "@acme.example/v1/Widget.d.ts": widget(`{ "image"?: string; "baseImage"?: string; "tag"?: string }`) }));
    assert.equal(fields.find(({ path }) => path === "spec.baseImage")?.pin, "report");
  });

  test("is found in the source of models, and in an index alone", async () => {
    const text = widget(`{ "image": string }`).replace("declare class", "class").replace(`"apiVersion": "acme.example/v1";\n    "kind": "Widget";\n    static`, `"apiVersion": IWidget["apiVersion"];\n    static`);
    assert.deepEqual(paths(await read(repository({ "gen/acme.example/v1/Widget.ts": text }), "./gen/acme.example/v1/Widget")), ["spec.image ref"]);
    assert.deepEqual(paths(await read(repository({ "@acme.example/v1/index.d.ts": `export * from "./all.js";`, "@acme.example/v1/all.d.ts": widget(`{ "image": string }`) }))), ["spec.image ref"]);
  });

  test("is looked for above the policy, up to the root, and through links inside of it", async () => {
    const root = repository({ "store/acme/acme.example/v1/Widget.d.ts": widget(`{ "image": string }`), "clusters/a/x": "", "node_modules/@kubernetes-models/x": "" });
    symlinkSync("../../store/acme", join(root, "node_modules/@kubernetes-models/acme"));
    assert.deepEqual(paths(await read(root, WIDGET, "clusters/a")), ["spec.image ref"]);
  });
});

describe("a type that cannot be had", () => {
  const ok = { "@acme.example/v1/Widget.d.ts": widget(`{ "image": string }`) };
  const WRONG: Readonly<Record<string, readonly [files: Readonly<Record<string, string>>, model: string, said: RegExp]>> = {
    "no package": [{}, WIDGET, /the package @kubernetes-models\/acme is not installed/],
    "no type": [ok, `${WIDGET}s`, /no type Widgets in @kubernetes-models\/acme\/acme\.example\/v1/],
    "no type in an index": [{ "@acme.example/v1/index.d.ts": `export * from "./index.js";` }, WIDGET, /no type Widget/],
    "no images": [{ "@acme.example/v1/Widget.d.ts": widget(`{ "replicas": number }`) }, WIDGET, /no field that is named as an image/],
    "no kind": [{ "@acme.example/v1/Widget.d.ts": `export interface IWidget { "image": string }` }, WIDGET, /no object's type/],
    "a module that is missing": [{ "@acme.example/v1/Widget.d.ts": widget("ISpec", `import { ISpec } from "@acme/other/Spec";`) }, WIDGET, /"@acme\/other\/Spec", which node_modules\/@kubernetes-models\/acme\/acme\.example\/v1\/Widget\.d\.ts imports, is not installed/],
    "Kubernetes' own": [ok, "kubernetes-models/v1/Pod", /a type of Kubernetes itself/],
  };
  for (const [what, [files, model, said]] of Object.entries(WRONG)) {
    test(what, async () => {
      await assert.rejects(read(repository(files), model), (error: unknown) => {
        assert.ok(error instanceof PolicyError, String(error));
        assert.deepEqual(error.problems.map(({ code, line }) => `${line} ${code}`), ["2 bad-model"]);
        assert.match(error.message, said);
        assert.match(error.message, /^lading\.yaml:2:12: /);
        return true;
      });
    });
  }

  test("lies outside of the repository, by a link or by its name", async () => {
    const [root, outside] = [repository({ "node_modules/@kubernetes-models/x": "" }), repository({ "acme.example/v1/Widget.d.ts": widget(`{ "image": string }`) })];
    symlinkSync(outside, join(root, "node_modules/@kubernetes-models/acme"));
    await assert.rejects(read(root), /leads out of the repository/);
    await assert.rejects(read(root, `../${outside.slice(outside.lastIndexOf("/") + 1)}/acme.example/v1/Widget`), /leads out of the repository/);
  });
});
