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

/** An error as fields: type, message and code of it and of its cause. Never a request body. */
function describe(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const code: unknown = "code" in cause ? cause.code : undefined;
  return {
    type: cause.name,
    message: cause.message.slice(0, 500),
    ...(code === undefined ? {} : { code }),
    ...(cause.cause === undefined ? {} : { cause: describe(cause.cause) }),
    ...(cause.stack === undefined ? {} : { stack: cause.stack.split("\n").slice(1, 6).join("\n") }),
  };
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
    const line: Record<string, unknown> = {
      "@timestamp": new Date().toISOString(),
      "log.level": lineLevel,
      message,
      ...bound,
      ...fields,
    };
    if ("error" in line) line["error"] = describe(line["error"]);
    write(JSON.stringify(line));
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => createLog(write, level, { ...bound, ...fields }),
  };
}
