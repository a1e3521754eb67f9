/** A progress line on standard error, where a person watches and the work is long. */

const EVERY_MS = 100;

/** Called after each step. Silent unless standard error is a terminal and half a second has passed. */
export function progress(what: string): (done: number, total: number) => void {
  const began = performance.now();
  let shown = 0;
  return (done, total) => {
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    const last = done === total;
    if (now - began < 500 || (now - shown < EVERY_MS && !last)) return;
    shown = now;
    process.stderr.write(last ? "\r\x1b[K" : `\r\x1b[K${what}: ${done} of ${total}`);
  };
}
