import { type Clock, pause } from "../../shared/clock.ts";
import type { Sql } from "../../shared/clients/postgres.ts";
import { images as limits } from "../../shared/limits.ts";
import type { Log } from "../../shared/log.ts";
import type { Images } from "./images.ts";
import { deleteUploads, neverStored } from "./uploads.ts";

interface Sweeping {
  readonly images: Images | undefined;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Clears what uploads left behind that were never finished, until the signal aborts. S3 has rules of its own for that. */
export async function sweepImages({ images, sql, clock, log, signal }: Sweeping): Promise<void> {
  if (images?.store.kind !== "disk") return;
  const { store } = images;
  while (!signal.aborted) {
    try {
      const files = await store.sweep(clock.wallMs());
      const keys = await neverStored(sql);
      for (const key of keys) await store.remove(key);
      if (keys.length > 0) await deleteUploads(sql, keys);
      if (files + keys.length > 0)
        log.info("unfinished uploads cleared", { files, keys: keys.length });
    } catch (error) {
      log.warn("unfinished uploads not cleared", { error });
    }
    await pause(limits.sweepEveryMs, signal);
  }
}
