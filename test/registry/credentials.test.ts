import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test, type TestContext } from "node:test";

import { LadingError } from "../../src/model/errors.ts";
import { createCredentials, type Login } from "../../src/registry/credentials.ts";
import { folder } from "./helpers.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function write(directory: string, name: string, content: unknown): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function docker(t: TestContext, config: unknown): Record<string, string> {
  const home = folder(t);
  write(join(home, ".docker"), "config.json", config);
  return { HOME: home };
}

function told({ credential }: Login): string | undefined {
  if (credential === undefined) return undefined;
  return credential.kind === "identity" ? `token ${credential.token.reveal()}` : `${credential.username}:${credential.password.reveal()}`;
}

/** A helper program that knows one server; says how it was called when asked for another. */
function helper(t: TestContext, name: string, body: string): string {
  const directory = folder(t);
  const file = write(directory, `docker-credential-${name}`, `#!${process.execPath}\nlet server = "";\nprocess.stdin.on("data", (data) => (server += data)).on("end", () => {${body}});\n`);
  chmodSync(file, 0o755);
  return `${directory}${delimiter}${process.env.PATH ?? ""}`;
}

test("no file, no login", async (t) => {
  assert.deepEqual(await createCredentials({ HOME: folder(t) })("ghcr.io", "a/b"), {});
});

test("auths: user:password in base64, in the clear, and identity tokens", async (t) => {
  const find = createCredentials(
    docker(t, {
      auths: {
        "ghcr.io": { auth: base64("me:pw:with:colons") },
        "https://quay.io": { username: "you", password: "clear" },
        "http://localhost:5000/v2/": { auth: base64("local:host") },
        "azure.test": { auth: base64("00000000-0000-0000-0000-000000000000:"), identitytoken: "refresh" },
        "marker.test": {},
      },
    }),
  );
  assert.equal(told(await find("ghcr.io", "a/b")), "me:pw:with:colons");
  assert.equal(told(await find("quay.io", "a/b")), "you:clear");
  assert.equal(told(await find("localhost:5000", "a/b")), "local:host");
  assert.equal(told(await find("azure.test", "a/b")), "token refresh");
  assert.equal(told(await find("marker.test", "a/b")), undefined);
  assert.equal(told(await find("other.test", "a/b")), undefined);
});

for (const key of ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"])
  test(`Docker Hub's login under ${key}`, async (t) => {
    const find = createCredentials(docker(t, { auths: { [key]: { auth: base64("hub:pw") } } }));
    assert.equal(told(await find("docker.io", "library/nginx")), "hub:pw");
  });

test("the longest path wins, in whole components", async (t) => {
  const auths = Object.fromEntries(["quay.io", "quay.io/acme", "quay.io/acme/web"].map((key) => [key, { auth: base64(`${key}:pw`) }]));
  const find = createCredentials(docker(t, { auths }));
  assert.equal(told(await find("quay.io", "acme/web")), "quay.io/acme/web:pw");
  assert.equal(told(await find("quay.io", "acme/web/deep")), "quay.io/acme/web:pw");
  assert.equal(told(await find("quay.io", "acme/webb")), "quay.io/acme:pw");
  assert.equal(told(await find("quay.io", "acmeee/web")), "quay.io:pw");
});

test("DOCKER_CONFIG, REGISTRY_AUTH_FILE and containers/auth.json are read, in that precedence", async (t) => {
  const one = (user: string, ...hosts: string[]): unknown => ({ auths: Object.fromEntries(hosts.map((host) => [host, { auth: base64(`${user}:pw`) }])) });
  const directory = folder(t);
  write(join(directory, "containers"), "auth.json", one("podman", "a.test", "b.test", "c.test"));
  write(join(directory, "docker"), "config.json", one("docker", "a.test", "b.test"));
  const file = write(directory, "auth.json", one("file", "a.test"));
  const find = createCredentials({ HOME: directory, XDG_RUNTIME_DIR: directory, DOCKER_CONFIG: join(directory, "docker"), REGISTRY_AUTH_FILE: file });
  assert.deepEqual(await Promise.all(["a.test", "b.test", "c.test"].map(async (host) => told(await find(host, "x")))), ["file:pw", "docker:pw", "podman:pw"]);
});

test("the environment comes first", async (t) => {
  const find = createCredentials({
    ...docker(t, { auths: { "ghcr.io": { auth: base64("file:pw") } } }),
    LADING_REGISTRY_0_HOST: "https://ghcr.io/",
    LADING_REGISTRY_0_USERNAME: "env",
    LADING_REGISTRY_0_PASSWORD: "pw",
    LADING_REGISTRY_12_HOST: "docker.io",
    LADING_REGISTRY_12_USERNAME: "hub",
    LADING_REGISTRY_12_PASSWORD: "",
  });
  assert.equal(told(await find("ghcr.io", "a/b")), "env:pw");
  assert.equal(told(await find("docker.io", "library/nginx")), "hub:");
});

test("half a login in the environment is an error", async (t) => {
  const find = createCredentials({ HOME: folder(t), LADING_REGISTRY_3_HOST: "ghcr.io" });
  await assert.rejects(find("ghcr.io", "a/b"), (error: unknown) => error instanceof LadingError && error.kind === "usage" && /LADING_REGISTRY_3/.test(error.message));
});

test("a broken file is an error that names the file and quotes nothing", async (t) => {
  for (const content of ['{"auths":{"ghcr.io":{"auth":"c2VjcmV0LXNlY3JldA==" oops', { auths: { "ghcr.io": { auth: "c2VjcmV0LXNlY3JldA==" } } }]) {
    const find = createCredentials(docker(t, content));
    await assert.rejects(find("ghcr.io", "a/b"), (error: unknown) => {
      assert.ok(error instanceof LadingError && error.kind === "usage");
      assert.match(error.message, /config\.json/);
      return !`${error.message} ${error.hint}`.includes("c2VjcmV0");
    });
  }
});

test("credential helpers: by registry, then the store; the server on stdin", { skip: process.platform === "win32" }, async (t) => {
  const PATH = helper(t, "test-1", 'console.log(JSON.stringify({ ServerURL: server, Username: "user", Secret: server }))');
  const find = createCredentials({ ...docker(t, { credHelpers: { "ghcr.io": "test-1", "docker.io": "test-1" }, credsStore: "none" }), PATH });
  assert.equal(told(await find("ghcr.io", "a/b")), "user:ghcr.io");
  assert.equal(told(await find("docker.io", "library/nginx")), "user:https://index.docker.io/v1/");
  const other = await find("quay.io", "a/b");
  assert.equal(told(other), undefined);
  assert.match(other.note ?? "", /docker-credential-none is not installed/);
});

test("credential helpers: <token> marks an identity token", { skip: process.platform === "win32" }, async (t) => {
  const PATH = helper(t, "token", 'console.log(JSON.stringify({ Username: "<token>", Secret: "refresh" }))');
  assert.equal(told(await createCredentials({ ...docker(t, { credsStore: "token" }), PATH })("ghcr.io", "a/b")), "token refresh");
});

test("credential helpers: none found, and plain entries still speak", { skip: process.platform === "win32" }, async (t) => {
  const PATH = helper(t, "empty", 'console.log("credentials not found in native keychain"); process.exit(1)');
  const find = createCredentials({ ...docker(t, { credsStore: "empty", auths: { "ghcr.io": { auth: base64("plain:pw") } } }), PATH });
  assert.equal(told(await find("ghcr.io", "a/b")), "plain:pw");
  assert.deepEqual(await find("quay.io", "a/b"), {});
});

test("credential helpers: broken, slow and badly named ones are notes without their output", { skip: process.platform === "win32" }, async (t) => {
  for (const [body, expected] of [
    ['console.log("s3cret"); console.error("s3cret"); process.exit(3)', /failed \(3\)/],
    ['console.log("s3cret")', /JSON/],
    ["setTimeout(() => {}, 30_000)", /did not answer/],
  ] as const) {
    const PATH = helper(t, "bad", body);
    const { note } = await createCredentials({ ...docker(t, { credsStore: "bad" }), PATH }, 1500)("ghcr.io", "a/b");
    assert.match(note ?? "", expected);
    assert.ok(!note?.includes("s3cret"));
  }
  const { note } = await createCredentials(docker(t, { credsStore: "../../bin/sh" }))("ghcr.io", "a/b");
  assert.match(note ?? "", /not allowed/);
});

test("a helper is run once per registry", { skip: process.platform === "win32" }, async (t) => {
  const count = join(folder(t), "count");
  const PATH = helper(t, "counting", `require("node:fs").appendFileSync(${JSON.stringify(count)}, "x"); console.log(JSON.stringify({ Username: "u", Secret: "s" }))`);
  const find = createCredentials({ ...docker(t, { credsStore: "counting" }), PATH });
  await Promise.all(["a/b", "c/d", "e/f"].map((name) => find("ghcr.io", name)));
  const { readFileSync } = await import("node:fs");
  assert.equal(readFileSync(count, "utf8"), "x");
});
