import { connect } from "node:tls";

/** Whether a host name (without port) is this machine: `localhost`, 127.0.0.0/8 or `::1`. */
export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return bare === "localhost" || bare === "::1" || /^127(\.\d{1,3}){3}$/.test(bare);
}

/** A host name without its port; keeps the brackets of an IPv6 address. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}

/**
 * Whether a loopback port greets in TLS. Docker tries TLS first on loopback and falls back to plain
 * HTTP; one handshake per host and run tells them apart without guessing from a broken exchange later.
 * The certificate is not judged here: the requests that follow do that.
 */
export function speaksTls(host: string, timeoutMs = 1000): Promise<boolean> {
  const { hostname, port } = new URL(`https://${host}`);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || 443),
      rejectUnauthorized: false,
      // Nothing is verified, so loading the system's authorities would only take its time.
      ca: [],
    });
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(settle, timeoutMs, false);
    socket.once("secureConnect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
