import { randomBytes } from "node:crypto";

/** A place in a trace, as W3C Trace Context carries it between processes. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Somebody records this trace. */
  readonly isSampled: boolean;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** What caused it. Without one it begins a trace. */
  readonly parent?: TraceContext | undefined;
  readonly kind?: "internal" | "server" | "producer" | "consumer";
  readonly attributes?: Attributes;
  /** What it belongs to without being its child. */
  readonly links?: readonly TraceContext[];
  /** Wall ms; now by default. */
  readonly startMs?: number;
}

export interface Span {
  readonly context: TraceContext;
  set(attributes: Attributes): void;
  /** `error`: a code, never a text a person wrote. */
  end(error?: string): void;
}

/** Where spans go: to an OTLP receiver, or nowhere. */
export interface Tracing {
  start(name: string, options?: SpanOptions): Span;
  /** Sends what waits. */
  close(): Promise<void>;
}

const w3c = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/** Undefined for anything that is no `traceparent` of a version we can read. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const [, version, traceId = "", spanId = "", flags = ""] = w3c.exec(header ?? "") ?? [];
  if (version === undefined || version === "ff" || /^0+$/.test(traceId) || /^0+$/.test(spanId)) {
    return undefined;
  }
  if (version === "00" && header?.length !== 55) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}

/** Records nothing; hands on who the caller is, so that logs of all processes share a trace id. */
export const noTracing: Tracing = {
  start: (_, { parent } = {}) => ({
    context: parent ?? {
      traceId: randomBytes(16).toString("hex"),
      spanId: randomBytes(8).toString("hex"),
      isSampled: false,
    },
    set: () => {},
    end: () => {},
  }),
  close: () => Promise.resolve(),
};

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Traces to the receiver that the standard `OTEL_*` variables name. The SDK is loaded only then: without one it
 * costs nothing.
 */
export function openTracing(
  env: Env,
  own: { readonly service: string; readonly instance: string },
): Promise<Tracing> {
  const isWanted =
    (env["OTEL_EXPORTER_OTLP_ENDPOINT"] || env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]) &&
    env["OTEL_SDK_DISABLED"]?.toLowerCase() !== "true" &&
    env["OTEL_TRACES_EXPORTER"] !== "none";
  if (!isWanted) return Promise.resolve(noTracing);
  return import("./otel.ts").then(({ openOtel }) => openOtel(env, own));
}
