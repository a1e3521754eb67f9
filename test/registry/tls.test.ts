/** TLS with a private authority, and the way through a proxy. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { test, type TestContext } from "node:test";

import { LadingError } from "../../src/model/errors.ts";
import { DEFAULT_POLICY } from "../../src/model/policy.ts";
import { trustedAuthorities } from "../../src/registry/authorities.ts";
import { selfSigned } from "./certificate.ts";
import { ask, folder, gatherer, gist, message, question, registry } from "./helpers.ts";

const trusting = (...certificateAuthorities: string[]) => ({ registries: { ...DEFAULT_POLICY.registries, certificateAuthorities } });

test("a loopback registry that speaks TLS is spoken to in TLS, and its certificate is judged", async (t) => {
  const tls = selfSigned("registry.test");
  const demo = await registry(t, { tls });
  const digest = demo.putImage("acme/web", "1.0");
  const refused = await ask(gatherer(t), question(demo.host, "acme/web:1.0"));
  assert.equal(gist(refused), "unreachable");
  assert.match(message(refused), /certificateAuthorities/);

  const directory = folder(t);
  writeFileSync(join(directory, "ca.pem"), tls.cert);
  const policy = { ...trusting("ca.pem"), file: join(directory, ".lading.yaml") };
  assert.equal(gist(await ask(gatherer(t, { policy }), question(demo.host, "acme/web:1.0"))), `known ${digest}`);
  const environment = { HOME: directory, SSL_CERT_FILE: join(directory, "ca.pem") };
  assert.equal(gist(await ask(gatherer(t, { environment }), question(demo.host, "acme/web:1.0"))), `known ${digest}`);
});

test("authorities: Node's own unless there are more, then all of them", (t) => {
  const directory = folder(t);
  const { cert } = selfSigned("registry.test");
  const file = join(directory, "ca.pem");
  writeFileSync(file, cert);
  writeFileSync(join(directory, "not.pem"), "hello");
  assert.equal(trustedAuthorities(DEFAULT_POLICY, { NODE_EXTRA_CA_CERTS: file }), undefined);
  assert.equal(trustedAuthorities(trusting(file), {})?.length, rootCertificates.length + 1);
  assert.equal(trustedAuthorities(trusting(file), { NODE_EXTRA_CA_CERTS: file, SSL_CERT_FILE: file })?.length, rootCertificates.length + 3);
  for (const bad of ["not.pem", "none.pem"])
    assert.throws(() => trustedAuthorities(trusting(join(directory, bad)), {}), (error: unknown) => error instanceof LadingError && error.kind === "policy");
});

/** A proxy that leads every name to one port of this machine. */
async function proxy(t: TestContext, port: number, refuse?: { status: number; body: string }): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    const { pathname } = new URL(incoming.url ?? "");
    const onward = httpRequest({ host: "127.0.0.1", port, method: incoming.method, path: pathname, headers: incoming.headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    onward.end();
  });
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (incoming, socket: Socket) => {
    seen.push(`CONNECT ${incoming.url} ${incoming.headers["proxy-authorization"] ?? ""}`.trim());
    if (refuse) return socket.end(`HTTP/1.1 ${refuse.status} No\r\ncontent-type: application/json\r\ncontent-length: ${refuse.body.length}\r\n\r\n${refuse.body}`);
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
    sockets.add(onward);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** The proxy variables for one test, in whatever case the machine has its own. */
function proxied(t: TestContext, variables: Record<string, string>): Record<string, string> {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, variables);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  return { HOME: folder(t), ...variables };
}

test("https goes through the proxy by CONNECT, with the private authority, over few connections", async (t) => {
  const tls = selfSigned("registry.test");
  const demo = await registry(t, { tls });
  const digest = demo.putImage("acme/web", "1.0");
  const way = await proxy(t, Number(demo.host.split(":")[1]));
  const file = join(folder(t), "ca.pem");
  writeFileSync(file, tls.cert);
  const environment = proxied(t, { HTTPS_PROXY: way.url.replace("//", "//me:proxy-pw@") });
  const gather = gatherer(t, { environment, policy: trusting(file) });
  const answer = await ask(gather, question("registry.test", "acme/web:1.0"));
  assert.equal(gist(answer), `known ${digest}`, message(answer));
  await ask(gather, question("registry.test", "acme/web:2.0"));
  assert.equal(way.seen.length, 1, "the tunnel is kept");
  assert.match(way.seen[0] ?? "", /^CONNECT registry\.test:443 Basic /);
});

test("plain http goes through the proxy as a whole URL; loopback and NO_PROXY do not", async (t) => {
  const demo = await registry(t);
  const digest = demo.putImage("acme/web", "1.0");
  const port = Number(demo.host.split(":")[1]);
  const way = await proxy(t, port);
  const environment = proxied(t, { HTTP_PROXY: way.url, NO_PROXY: "direct.test" });
  const plain = { registries: { ...DEFAULT_POLICY.registries, plainHttp: [`plain.test:${port}`, `direct.test:${port}`] } };
  const gather = gatherer(t, { environment, policy: plain });
  assert.equal(gist(await ask(gather, question(`plain.test:${port}`, "acme/web:1.0"))), `known ${digest}`);
  assert.deepEqual(way.seen, [`HEAD http://plain.test:${port}/v2/acme/web/manifests/1.0`]);
  assert.equal(gist(await ask(gather, question(demo.host, "acme/web:1.0"))), `known ${digest}`);
  assert.equal(way.seen.length, 1);
});

test("a proxy's own 404 to CONNECT is not the registry's word, nor is its 407", async (t) => {
  const body = JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "forged" }] });
  for (const status of [404, 407, 502]) {
    const way = await proxy(t, 1, { status, body });
    const environment = proxied(t, { HTTPS_PROXY: way.url });
    const answer = await ask(gatherer(t, { environment }), question("registry.test", "acme/web:1.0"));
    assert.equal(gist(answer), "unreachable", `${status}: ${message(answer)}`);
  }
});

test("a bad proxy variable is told without its value", async (t) => {
  for (const value of ["socks5://me:proxy-pw@127.0.0.1:1", "http://me:proxy-pw@127.0.0.1:1"]) {
    const environment = proxied(t, { HTTPS_PROXY: value });
    const answer = await ask(gatherer(t, { environment }), question("registry.test", "acme/web:1.0"));
    assert.equal(gist(answer), "unreachable");
    assert.match(message(answer), /proxy/);
    assert.ok(!JSON.stringify(answer).includes("proxy-pw"));
  }
});
