import { type FileHandle, open } from "node:fs/promises";

/** Read and write permission for the owner, and none for anybody else. */
export const OWNER_ONLY = 0o600;

/**
 * Writes a text into a file that only its owner may read: histories and reports name queues, groups
 * and instances. A file that exists already is replaced and loses the permissions of others.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const file = await open(path, "w", OWNER_ONLY);
  try {
    await restrictToOwner(file);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/** Devices such as /dev/null and /dev/stdout keep their permissions. */
async function restrictToOwner(file: FileHandle): Promise<void> {
  if ((await file.stat()).isFile()) await file.chmod(OWNER_ONLY);
}
