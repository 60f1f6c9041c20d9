// When each source is asked: by one worker of all, however many there are. A lock named `cron:…` is taken for the whole
// period and not given back, so it is the schedule itself; one that dies is followed in the next period.
import { pause } from "../../shared/clock.ts";
import { news as limits } from "../../shared/limits.ts";
import type { Locks } from "../../shared/lock/lock.ts";
import type { Log } from "../../shared/log.ts";
import type { Counter } from "../../shared/prom.ts";
import { collect, type CollectDeps } from "./collect.ts";
import type { Source } from "./found.ts";
import { loadSamples } from "./load-samples.ts";

interface ScheduleDeps extends CollectDeps {
  readonly sources: readonly Source[];
  readonly locks: Locks;
  readonly articles: Counter<"source" | "result">;
  readonly runs: Counter<"source" | "result">;
  readonly log: Log;
}

/** Collects until the signal. Never throws: news are worth no restart. */
export async function collectNews(deps: ScheduleDeps, signal: AbortSignal): Promise<void> {
  const { sources, locks, log } = deps;
  const troubled = new Map<string, string>();
  let hasLooked = false;
  while (!signal.aborted) {
    try {
      if (!hasLooked) await loadSamples(deps);
      hasLooked = true;
      for (const source of sources) {
        const due = await locks.acquire(`cron:collect_news_${source.name}`, {
          ttlMs: source.everyMs,
        });
        if (due && !signal.aborted) await runOnce(deps, source, troubled, signal);
      }
      troubled.delete("stores");
    } catch (error) {
      if (!troubled.has("stores")) log.warn("news not collected", { error });
      troubled.set("stores", "away"); // one line for an outage, not one a round
    }
    // apart from each other, or every worker would ask for the lock in the same moment
    await pause(limits.pollMs * (0.5 + Math.random()), signal);
  }
}

async function runOnce(
  deps: ScheduleDeps,
  source: Source,
  troubled: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const { log, articles, runs } = deps;
  const { name } = source;
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.runMs)]);
  const { found, added, failures, skipped } = await collect(deps, source, until);
  if (signal.aborted) return; // what failed now failed because we stop
  const trouble = skipped ?? failures[0]?.kind;
  runs.inc({ source: name, result: trouble ?? "good" });
  articles.inc({ source: name, result: "new" }, added);
  articles.inc({ source: name, result: "known" }, found - added);
  const detail = failures.map(({ message }) => message);
  // another feed that dies is another trouble
  const said = trouble && [trouble, ...detail].join(" ");
  const before = troubled.get(name);
  if (said === undefined) {
    if (before !== undefined) log.info("news source is back", { source: name });
    troubled.delete(name);
  } else if (said !== before) {
    // said once: a laptop without a network must not say it every quarter of an hour
    log.warn("news source not read", { source: name, trouble, detail });
    troubled.set(name, said);
  }
  if (added > 0) log.info("news collected", { source: name, found, added });
}
