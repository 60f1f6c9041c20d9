import { scrub, scrubText } from "./log-scrub.ts";

type Fields = Readonly<Record<string, unknown>>;
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON line per fact: a fixed phrase, and fields for what varies. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log that carries these fields on every line. */
  with(fields: Fields): Log;
}

/** Fields the Elastic Common Schema names otherwise; the rest becomes snake_case (`jobId`: `job_id`). */
const ecsNames: Readonly<Record<string, string>> = {
  process: "process.name",
  instance: "service.node.name",
  traceId: "trace.id",
  spanId: "span.id",
  requestId: "http.request.id",
  method: "http.request.method",
  eventKind: "event.kind",
  eventCategory: "event.category",
  eventAction: "event.action",
  eventOutcome: "event.outcome",
  eventReason: "event.reason",
};

/** Characters that JSON leaves as they are, and that a terminal or a viewer would act on. */
// oxlint-disable-next-line no-control-regex
const acting = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

function ecsName(name: string): string {
  return ecsNames[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** An error as fields: type, message, code and detail of it and of its cause. Never a request body. */
function describe(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) return { message: scrub(cause) };
  const own = (name: "code" | "detail"): unknown =>
    name in cause ? (cause as Error & Record<string, unknown>)[name] : undefined;
  const [code, detail] = [own("code"), own("detail")];
  // of PostgreSQL's errors the detail quotes the row
  const isOurs = cause.name === "AppError" && typeof detail === "string";
  return {
    type: cause.name,
    message: scrubText(cause.message).slice(0, 500),
    ...(code === undefined ? {} : { code: scrub(code) }),
    ...(isOurs ? { detail: scrubText(detail) } : {}),
    ...(cause.stack === undefined
      ? {}
      : { stack_trace: cause.stack.split("\n").slice(1, 6).join("\n") }),
    ...(cause.cause === undefined ? {} : { cause: describe(cause.cause) }),
  };
}

function lineOf(level: LogLevel, message: string, fields: Fields): string {
  const line: Record<string, unknown> = {
    "@timestamp": new Date().toISOString(),
    "log.level": level,
    message,
    "process.pid": process.pid,
  };
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (name !== "error") line[ecsName(name)] = scrub(value, name);
    else for (const [part, text] of Object.entries(describe(value))) line[`error.${part}`] = text;
  }
  return JSON.stringify(line).replace(acting, escaped);
}

/** `write` gets whole lines. Errors may be passed as a field named `error`. */
export function createLog(
  write: (line: string) => void,
  level: LogLevel = "info",
  bound: Fields = {},
): Log {
  const lowest = logLevels.indexOf(level);
  const at = (lineLevel: LogLevel) => (message: string, fields?: Fields) => {
    if (logLevels.indexOf(lineLevel) < lowest) return;
    write(lineOf(lineLevel, message, { ...bound, ...fields }));
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => createLog(write, level, { ...bound, ...fields }),
  };
}
