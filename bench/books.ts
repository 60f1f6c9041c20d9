import type { Scraped } from "./scrape.ts";

/** What a load counted itself. */
export interface Counts {
  readonly sent: number;
  readonly ended: number;
  readonly completed: number;
  readonly tokens: number;
}

interface Compared {
  readonly what: string;
  readonly told: number;
  readonly counted: number;
}

/** What is counted twice, by the fleet and by its load. */
export function compareBooks(
  counts: Counts,
  gateway: Scraped,
  router: Scraped,
  workers: readonly Scraped[],
): Compared[] {
  const ofWorkers = (name: string, labels: Record<string, string>) =>
    workers.reduce((sum, worker) => sum + worker.sum(name, labels), 0);
  const pairs: [what: string, told: number, counted: number][] = [
    [
      "messages accepted",
      gateway.sum("chat_gateway_jobs_total", { result: "accepted" }),
      counts.sent,
    ],
    [
      "answers completed",
      ofWorkers("chat_requests_total", { status: "completed" }),
      counts.completed,
    ],
    [
      "tokens appended",
      ofWorkers("chat_stream_tokens_total", { status: "appended" }),
      counts.tokens,
    ],
    [
      "endings relayed",
      router.sum("event_router_events_processed_total", { stage: "done" }),
      counts.ended,
    ],
    [
      "question rows",
      router.sum("chat_persistence_rows_total", { role: "user", result: "written" }),
      counts.ended,
    ],
    [
      "answer rows",
      router.sum("chat_persistence_rows_total", { role: "assistant", result: "written" }),
      counts.completed,
    ],
    ["readers left open", gateway.sum("sse_active_connections"), 0],
    ["answers under way", ofWorkers("chat_stream_active", {}), 0],
    ["entries lost unread", router.sum("event_router_trimmed_unacked_total"), 0],
    ["dead letters", router.sum("event_router_dead_letters_total"), 0],
  ];
  return pairs.map(([what, told, counted]) => ({ what, told, counted }));
}

export const tellBooks = (compared: readonly Compared[]): string =>
  compared
    .map(({ what, told, counted }) => {
      const word = told === counted ? "same " : "OTHER";
      return `${word}  ${what}: metrics ${told}, counted ${counted}`;
    })
    .join("\n");
