import { buffer } from "node:stream/consumers";
import { unzipSync } from "fflate";
import { ZipFile } from "yazl";

/** The earliest date that a ZIP archive can hold, in local time, as the format has no time zone. */
const EARLIEST = new Date(1980, 0, 1);

/**
 * With a fixed date and mode the same files make the same package, so an unchanged function is not
 * deployed again. The DOS timestamp saves an extra field for each file.
 */
const OPTIONS = { compressionLevel: 9, mtime: EARLIEST, mode: 0o100644, forceDosTimestamp: true };

/** Returns an archive of the same files, compressed as small as zlib can. @throws if it is no ZIP archive */
export async function recompressZip(zip: Uint8Array): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [path, contents] of Object.entries(unzipSync(zip))) {
    archive.addBuffer(Buffer.from(contents), path, OPTIONS);
  }
  archive.end();
  return await buffer(archive.outputStream);
}
