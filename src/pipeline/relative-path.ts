/** Paths as files write them, from where they stand. */

/** A path that is written in a folder, from the checked folder; undefined when it leads out of there. */
export function pathFrom(folder: string, written: string): string | undefined {
  if (written.startsWith("/")) return undefined;
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of written.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length === 0 || parts.pop() === "..") return undefined;
  }
  return parts.join("/");
}

/** The folder of a file; "" is the checked folder itself. */
export const folderAround = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf("/")));

export const below = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);
