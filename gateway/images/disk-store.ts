// The embedded store: one folder, `ab/` of a key's name in between so that no folder grows endlessly, the bytes under
// the key's own name and what is known of them beside it (`.json`). A picture appears whole or not at all: it is
// written to `tmp/` and linked to its place, which fails when one is there already.
import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, readdir, readFile } from "node:fs/promises";
import { rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { isImageKey } from "../../shared/images/image-key.ts";
import { images } from "../../shared/limits.ts";
import type { Stored } from "./images.ts";
import { receiveImage } from "./receive.ts";

const Meta = v.object({ etag: v.string(), contentType: v.string(), bytes: v.number() });

export interface DiskStore {
  readonly kind: "disk";
  /** Keeps a picture; see `receiveImage`. Throws `UPLOAD_REFUSED` when the place is taken. */
  receive(key: string, declared: string, body: ReadableStream<Uint8Array> | null): Promise<Stored>;
  stat(key: string): Promise<Stored | undefined>;
  /** Its bytes from `from` to `to`, both inside; undefined when it is gone. */
  read(
    key: string,
    from: number,
    to: number,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | undefined>;
  remove(key: string): Promise<void>;
  /** Removes what no upload will ever finish; returns how many files. */
  sweep(nowMs: number): Promise<number>;
}

const codeOf = (cause: unknown) =>
  cause instanceof Error && "code" in cause ? String(cause.code) : "";
const ifMissing = (cause: unknown): undefined => {
  if (codeOf(cause) !== "ENOENT") throw cause;
};

export function openDiskStore(dir: string): DiskStore {
  const temporary = join(dir, "tmp");
  const pathOf = (key: string) => {
    if (!isImageKey(key)) throw new Error("not a key"); // never a path somebody wrote
    const [channel = "", name = ""] = key.split("/");
    return join(dir, channel, name.slice(0, 2), name);
  };
  const metaOf = (key: string) => `${pathOf(key)}.json`;

  const statKey = async (key: string) => {
    const text = await readFile(metaOf(key), "utf8").catch(ifMissing);
    return text === undefined ? undefined : v.parse(Meta, JSON.parse(text));
  };

  const keep = async (key: string, from: string, meta: Stored) => {
    await mkdir(dirname(pathOf(key)), { recursive: true });
    await link(from, pathOf(key)).catch((cause: unknown) => {
      if (codeOf(cause) !== "EEXIST") throw cause;
      throw new AppError("UPLOAD_REFUSED", { detail: "this upload address was used" });
    });
    await writeFile(`${from}.json`, JSON.stringify(meta), { mode: 0o600 });
    await rename(`${from}.json`, metaOf(key));
  };

  return {
    kind: "disk",
    async receive(key, declared, body) {
      await mkdir(temporary, { recursive: true });
      const at = join(temporary, randomUUID());
      const file = await open(at, "wx+", 0o600);
      try {
        const sink = { write: writerOf(file), read: readerOf(file) };
        const received = await receiveImage(body, declared, sink);
        await file.datasync();
        await keep(key, at, received);
        return received;
      } catch (cause) {
        if (!/^(ENOSPC|EDQUOT|EROFS)$/.test(codeOf(cause))) throw cause;
        throw new AppError("UNAVAILABLE", { detail: "the image store is full", cause });
      } finally {
        await file.close();
        await rm(at, { force: true });
      }
    },
    stat: statKey,
    async read(key, from, to) {
      const found = await stat(pathOf(key)).catch(ifMissing);
      if (!found) return undefined;
      const isSmall = to - from < chunkBytes; // in one piece, it keeps its Content-Length
      return isSmall
        ? readPart(pathOf(key), from, to).catch(ifMissing)
        : streamOf(pathOf(key), from, to);
    },
    async remove(key) {
      await rm(metaOf(key), { force: true });
      await rm(pathOf(key), { force: true });
    },
    async sweep(nowMs) {
      const names = (await readdir(temporary).catch(ifMissing)) ?? [];
      let removed = 0;
      for (const name of names) {
        const path = join(temporary, name);
        const found = await stat(path).catch(ifMissing);
        if (!found || nowMs - found.mtimeMs < images.unfinishedMs) continue;
        await rm(path, { force: true });
        removed++;
      }
      return removed;
    },
  };
}

const readerOf = (file: FileHandle) => async (offset: number, length: number) => {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
};

function writerOf(file: FileHandle) {
  let at = 0;
  return async (chunk: Uint8Array) => {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at);
      done += bytesWritten;
      at += bytesWritten;
    }
  };
}

const chunkBytes = 256 * 1024;

async function readPart(path: string, from: number, to: number) {
  const file = await open(path);
  try {
    return await readerOf(file)(from, to + 1 - from);
  } finally {
    await file.close();
  }
}

/**
 * A file in pieces, as fast as they are taken. It is opened for each: an answer that is dropped half-way, or was
 * never begun, holds nothing open.
 */
function streamOf(path: string, from: number, to: number) {
  let at = from;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const bytes = await readPart(path, at, Math.min(at + chunkBytes - 1, to));
        if (bytes.length === 0) throw new Error("the picture is shorter than it was");
        at += bytes.length;
        controller.enqueue(bytes);
        if (at > to) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
