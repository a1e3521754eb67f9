import { RegistryFault } from "./fault.ts";

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|ALTNAME/;

/** What is worth trying again: the other side was there, or may be in a moment. */
const PASSING: Readonly<Record<string, string>> = {
  ECONNRESET: "closed the connection",
  EPIPE: "closed the connection",
  ETIMEDOUT: "no connection",
  EAI_AGAIN: "the name server did not answer",
};

const LASTING: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such host; check the spelling, or the proxy variables",
  ECONNREFUSED: "refused the connection; is it running?",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  EPROTO: "does not speak TLS on this port; list it under registries.plainHttp if it is meant to be plain HTTP",
  ERR_SSL_WRONG_VERSION_NUMBER:
    "does not speak TLS on this port; list it under registries.plainHttp if it is meant to be plain HTTP",
};

/**
 * A fault for an error of node:http. Only its code is used, never its message: some libraries put
 * URLs, and with them a proxy's password, into theirs.
 */
export function faultOfSocket(error: Error, proxied: boolean): RegistryFault {
  if (error instanceof RegistryFault) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const way = proxied ? ", through the proxy" : "";
  const fault = (kind: "unreachable" | "malformed", clause: string, retryable = false): RegistryFault =>
    new RegistryFault(kind, `${clause}${code === "" ? "" : ` (${code})`}${way}`, retryable);
  const passing = PASSING[code];
  if (passing !== undefined) return fault("unreachable", passing, true);
  if (code.startsWith("HPE_")) return fault("malformed", "did not answer in HTTP");
  if (CERTIFICATE.test(code))
    return fault("unreachable", "its certificate is not trusted; add the authority's PEM file to registries.certificateAuthorities");
  return fault("unreachable", LASTING[code] ?? "the connection failed");
}
