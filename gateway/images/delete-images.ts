import type { UserId } from "../../shared/contract/ids.ts";
import type { Deps } from "../deps.ts";
import { deleteUploads, keysOf } from "./uploads.ts";

/**
 * Removes every picture of a user, those a worker made for them too, and returns how many. Safe to repeat: a record
 * goes only after its picture, and an address given out before is good for nothing after. Throws `UNAVAILABLE`.
 */
export async function deleteImagesOf(
  { sql, images }: Pick<Deps, "sql" | "images">,
  userId: UserId,
): Promise<number> {
  let removed = 0;
  for (;;) {
    const keys = await keysOf(sql, userId);
    if (keys.length === 0) return removed;
    for (const key of keys) await images?.store.remove(key);
    await deleteUploads(sql, keys);
    removed += keys.length;
  }
}
