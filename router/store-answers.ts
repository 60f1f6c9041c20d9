import type { Sql } from "../shared/clients/postgres.ts";
import { pause } from "../shared/clock.ts";
import type { Persistence } from "../shared/contract/event.ts";
import { groups, keys } from "../shared/keys.ts";
import type { Log } from "../shared/log.ts";
import type { ScriptedRedis } from "../shared/scripts.ts";
import { backoffMs, type Heart, patiently, replyOf, Stopping } from "./loop.ts";
import { isRowError, sqlStateOf, type Written, writeAnswers } from "./messages.ts";
import { errorType, type Metrics } from "./metrics.ts";
import { isLastTry, type Place, setAside } from "./set-aside.ts";

export interface StoreDeps {
  /** Redis-S. */
  readonly store: ScriptedRedis;
  /** Opens a pool; called again when one went silent. */
  readonly openSql: () => Sql;
  readonly consumer: string;
  readonly heart: Heart;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** A finished job, read and not yet acknowledged. */
export interface Finished extends Place {
  readonly answer: Persistence;
  readonly fields: readonly string[];
}

/** Longer than connecting and every statement's own timeout together: the pool hangs on a dead peer. */
const silentMs = 20_000;
const refreshMs = 1000;

/** Writes batches of finished jobs, however long PostgreSQL is away, and acknowledges them once committed. */
export function storeAnswers(deps: StoreDeps, signal: AbortSignal) {
  const { store, consumer, heart, metrics, log } = deps;
  let sql = deps.openSql();

  const attempt = (answers: readonly Persistence[]): Promise<Written> => {
    const silent = Promise.withResolvers<never>();
    const onSilent = () => {
      const old = sql;
      sql = deps.openSql();
      void old.end({ timeout: 0 }).catch(() => {});
      silent.reject(new Error("the database does not answer"));
    };
    const call = Promise.race([writeAnswers(sql, answers), silent.promise]);
    return patiently(call, { heart, signal, silentMs, onSilent });
  };

  /** Keeps what is held from looking abandoned; the delivery count stays as it is. */
  const refresh = (batch: readonly Finished[]) => {
    if (store.status !== "ready") return;
    for (const [shard, ids] of byShard(batch)) {
      const key = keys.shard(shard);
      store.xclaim(key, groups.persistence, consumer, 0, ...ids, "JUSTID").catch(() => {});
    }
  };

  const acknowledge = async (batch: readonly Finished[]): Promise<void> => {
    const step = store.multi();
    for (const [shard, ids] of byShard(batch))
      step.xack(keys.shard(shard), groups.persistence, ...ids);
    for (const { answer } of batch) step.zrem(keys.recent(answer.conversation_id), answer.job_id);
    const results = await replyOf(store, step.exec(), heart, signal);
    for (const [error] of results ?? []) if (error) throw error;
  };

  const failAlone = async (one: Finished, cause: unknown): Promise<void> => {
    const { shard, entryId, answer } = one;
    const fields = { shard, entryId, jobId: answer.job_id, sqlState: sqlStateOf(cause) };
    if (!(await replyOf(store, isLastTry(store, one), heart, signal))) {
      log.warn("rows refused, trying again later", fields); // comes again as abandoned
      return;
    }
    await replyOf(store, setAside(store, one, "rows refused", one.fields), heart, signal);
    metrics.refused.inc({ reason: "rows-refused" });
    log.error("rows refused, set aside", fields);
  };

  /** Resolves when every row is committed and acknowledged, set aside, or left for another try alone. */
  const writeBatch = async (batch: readonly Finished[]): Promise<void> => {
    for (let failures = 0; ;) {
      try {
        const written = await attempt(batch.map(({ answer }) => answer));
        if (failures > 0) log.info("storing goes on", { failures, jobs: batch.length });
        count(written);
        return await acknowledge(batch);
      } catch (cause) {
        if (cause instanceof Stopping) throw cause;
        const [one] = batch;
        if (isRowError(cause) && one) {
          if (batch.length === 1) return failAlone(one, cause);
          for (const each of batch) await writeBatch([each]);
          return;
        }
        metrics.processErrors.inc({ loop: "store", error_type: errorType(cause) });
        if (signal.aborted) throw new Stopping();
        if (failures === 0) {
          const fields = { jobs: batch.length, sqlState: sqlStateOf(cause), error: cause };
          log.warn("storing failed, keeping the batch", fields);
        }
        await pause(backoffMs(failures++), signal);
      }
    }
  };

  const count = ({ user, assistant, known, refused }: Written) => {
    metrics.rows.inc({ role: "user", result: "written" }, user);
    metrics.rows.inc({ role: "assistant", result: "written" }, assistant);
    if (known > 0) metrics.rows.inc({ role: "any", result: "known" }, known);
    for (const [jobId, reason] of refused) {
      metrics.refused.inc({ reason });
      log.warn("finished job not stored", { jobId, reason });
    }
  };

  return {
    write: async (batch: readonly Finished[]): Promise<void> => {
      const observe = metrics.flushSeconds.startTimer();
      const refreshing = setInterval(() => refresh(batch), refreshMs);
      try {
        await writeBatch(batch);
        observe();
      } finally {
        clearInterval(refreshing);
      }
    },
    close: (): Promise<void> => sql.end({ timeout: 1 }),
  };
}

function byShard(batch: readonly Place[]): Map<number, string[]> {
  const ids = new Map<number, string[]>();
  for (const { shard, entryId } of batch) {
    const known = ids.get(shard);
    if (known) known.push(entryId);
    else ids.set(shard, [entryId]);
  }
  return ids;
}
