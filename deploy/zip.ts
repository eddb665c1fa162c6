import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * The little of the ZIP format that a function's package takes: files one after the other, each with
 * a header, then the directory, which repeats the headers with their places, then its own place.
 */

/** A file in a package. */
export interface ZippedFile {
  path: string;
  contents: Buffer;
}

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;

const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_ENTRY_BYTES = 46;
const END_BYTES = 22;

const STORED = 0;
const DEFLATED = 8;

/** 1980-01-01, the earliest: the same files give the same package, and are not deployed again. */
const DATE = 0x0021;

/** Version 2.0, which deflation needs; made on Unix, so that the modes count. */
const NEEDS_VERSION = 20;
const MADE_BY = (3 << 8) | NEEDS_VERSION;
const REGULAR_FILE_MODE = 0o100644;

/** Reads every file of a package. @throws RangeError where it is no ZIP archive of this kind */
export function filesIn(zip: Buffer): ZippedFile[] {
  const end = zip.length - END_BYTES;
  if (end < 0 || zip.readUInt32LE(end) !== END_OF_DIRECTORY)
    throw new RangeError("not a ZIP archive, or one with a comment");
  const files: ZippedFile[] = [];
  let offset = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const pathBytes = zip.readUInt16LE(offset + 28);
    const path = zip.toString(
      "utf8",
      offset + DIRECTORY_ENTRY_BYTES,
      offset + DIRECTORY_ENTRY_BYTES + pathBytes,
    );
    files.push({ path, contents: contentsAt(zip, offset) });
    const extraBytes = zip.readUInt16LE(offset + 30) + zip.readUInt16LE(offset + 32);
    offset += DIRECTORY_ENTRY_BYTES + pathBytes + extraBytes;
  }
  return files;
}

function contentsAt(zip: Buffer, directoryEntry: number): Buffer {
  const method = zip.readUInt16LE(directoryEntry + 10);
  const bytes = zip.readUInt32LE(directoryEntry + 20);
  const header = zip.readUInt32LE(directoryEntry + 42);
  const nameBytes = zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const start = header + LOCAL_HEADER_BYTES + nameBytes;
  const data = zip.subarray(start, start + bytes);
  if (method === STORED) return data;
  if (method === DEFLATED) return inflateRawSync(data);
  throw new RangeError(`compression method ${method} is not known here`);
}

/** A package of these files, as small as deflation makes it. */
export function zipOf(files: readonly ZippedFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, contents } of files) {
    const name = Buffer.from(path);
    const data = deflateRawSync(contents, { level: 9 });
    const common = commonHeader(contents, data.length, name.length);
    const local = Buffer.concat([uint32(LOCAL_HEADER), common, name, data]);
    directory.push(directoryEntry(common, offset), name);
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  return Buffer.concat([...parts, listing, endOfDirectory(files.length, listing.length, offset)]);
}

/** What a file's own header and its entry in the directory have in common: 26 bytes. */
function commonHeader(contents: Buffer, dataBytes: number, nameBytes: number): Buffer {
  const header = Buffer.alloc(26);
  header.writeUInt16LE(NEEDS_VERSION, 0);
  header.writeUInt16LE(DEFLATED, 4);
  header.writeUInt16LE(DATE, 8);
  header.writeUInt32LE(crc32(contents), 10);
  header.writeUInt32LE(dataBytes, 14);
  header.writeUInt32LE(contents.length, 18);
  header.writeUInt16LE(nameBytes, 22);
  return header;
}

function directoryEntry(common: Buffer, offset: number): Buffer {
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(REGULAR_FILE_MODE * 2 ** 16, 6);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([uint32(DIRECTORY_ENTRY), uint16(MADE_BY), common, rest]);
}

function endOfDirectory(files: number, directoryBytes: number, offset: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END_OF_DIRECTORY, 0);
  end.writeUInt16LE(files, 8);
  end.writeUInt16LE(files, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
