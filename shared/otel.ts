// The one file that knows the OpenTelemetry SDK; loaded only when there is a receiver (`openTracing`).
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { SpanOptions, TraceContext, Tracing } from "./trace.ts";

type Env = Readonly<Record<string, string | undefined>>;

const kinds: Readonly<Record<NonNullable<SpanOptions["kind"]>, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** The SDK does not read these variables itself. An unknown name samples as the specification's default does. */
function samplerFrom(env: Env): Sampler {
  const [, based, name = "always_on"] =
    /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(
      env["OTEL_TRACES_SAMPLER"] ?? "parentbased_always_on",
    ) ?? [];
  const ratio = Number(env["OTEL_TRACES_SAMPLER_ARG"] ?? "1");
  const root =
    name === "always_on"
      ? new AlwaysOnSampler()
      : name === "always_off"
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio >= 0 && ratio <= 1 ? ratio : 1);
  return withLinks(based ? new ParentBasedSampler({ root }) : root);
}

/** A span that begins a trace but belongs to a recorded one is recorded too: a link to it is its only use. */
function withLinks(sampler: Sampler): Sampler {
  return {
    shouldSample: (context, traceId, name, kind, attributes, links) =>
      links.some((link) => (link.context.traceFlags & 1) === 1)
        ? { decision: SamplingDecision.RECORD_AND_SAMPLED }
        : sampler.shouldSample(context, traceId, name, kind, attributes, links),
    toString: () => `WithLinks{${sampler.toString()}}`,
  };
}

const spanContextOf = ({ traceId, spanId, isSampled }: TraceContext) => ({
  traceId,
  spanId,
  traceFlags: isSampled ? 1 : 0,
  isRemote: true,
});

function contextOf(parent: TraceContext | undefined): Context {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent)) : ROOT_CONTEXT;
}

/** The exporter reads the other `OTEL_EXPORTER_OTLP_*` variables itself. */
export function openOtel(
  env: Env,
  { service, instance }: { readonly service: string; readonly instance: string },
): Tracing {
  const delayMs = Number(env["OTEL_BSP_SCHEDULE_DELAY"] ?? "");
  const exporter = new OTLPTraceExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.name": env["OTEL_SERVICE_NAME"] || service,
      "service.namespace": "eco2",
      "service.instance.id": instance,
    }),
    sampler: samplerFrom(env),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        ...(delayMs > 0 ? { scheduledDelayMillis: delayMs } : {}),
      }),
    ],
  });
  const tracer = provider.getTracer("eco2");
  return {
    start: (name, options = {}) => {
      const { kind = "internal", attributes = {}, links = [], startMs } = options;
      const span = tracer.startSpan(
        name,
        {
          kind: kinds[kind],
          attributes,
          links: links.map((link) => ({ context: spanContextOf(link) })),
          ...(startMs === undefined ? {} : { startTime: startMs }),
        },
        contextOf(options.parent),
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      return {
        context: { traceId, spanId, isSampled: (traceFlags & 1) === 1 },
        set: (more) => void span.setAttributes(more),
        end: (error) => {
          if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
          span.end();
        },
      };
    },
    // a receiver that is away must not hold up a shutdown
    close: () =>
      Promise.race([provider.shutdown().catch(() => {}), Bun.sleep(closeMs)]).then(() => {}),
  };
}

const closeMs = 2000;
