import * as v from "valibot";
import { type ApiResult, succeed } from "./result.ts";

/** A store that answers later than this is slower than going without. */
const storeMs = 200;

interface Cached<T> {
  /** Names the answer: everything it depends on. */
  readonly name: string;
  readonly ttlSeconds: number;
  /** Reads back what an older or newer version may have stored; what does not fit is loaded anew. */
  readonly schema: v.GenericSchema<unknown, T>;
}

/** Answers from the store, else loads and keeps. Only successes are kept. */
export type Cache = <T>(
  entry: Cached<T>,
  load: () => Promise<ApiResult<T>>,
) => Promise<ApiResult<T>>;

/** For clients without a store. */
export const noCache: Cache = (_entry, load) => load();

/** The two commands of ioredis that are used. */
export interface CacheStore {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: "EX", seconds: number): Promise<unknown>;
}

/** A cache that never fails: with its store away, slow or broken, every answer is loaded. */
export function redisCache(store: CacheStore, keyOf: (name: string) => string): Cache {
  return async (entry, load) => {
    const key = keyOf(entry.name);
    const held = await within(store.get(key));
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), entry.schema), held);
    if (parsed.success) return succeed(parsed.output);
    const loaded = await load();
    if (loaded.ok) {
      await within(store.set(key, JSON.stringify(loaded.data), "EX", entry.ttlSeconds));
    }
    return loaded;
  };
}

/** Undefined when the store fails or takes too long. */
async function within<T>(command: Promise<T>): Promise<T | undefined> {
  let timer: Timer | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), storeMs);
  });
  try {
    return await Promise.race([command, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
