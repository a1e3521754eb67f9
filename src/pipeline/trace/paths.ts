/** Paths as programs write them, as paths from the checked folder. */

/** A path relative to a folder; undefined when it leads out of the checked one. "" is the checked folder itself. */
export function resolveIn(folder: string, written: string): string | undefined {
  if (written.startsWith("/") || /^[\w.+-]+:\/\//.test(written) || written.includes("\n")) return undefined;
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of written.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}

export const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf("/")));

/** A path relative to the folder of a file. */
export const resolveFrom = (file: string, written: string): string | undefined => resolveIn(folderOf(file), written);
