/** One span as a receiver gets it. */
interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: ReadonlyMap<string, unknown>;
}

interface Attribute {
  readonly key: string;
  readonly value: Record<string, unknown>;
}
interface Body {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, "service" | "attributes" | "links"> & {
        readonly attributes: readonly Attribute[];
        readonly links?: ReceivedSpan["links"];
      })[];
    }[];
  }[];
}

const mapOf = (attributes: readonly Attribute[]) =>
  new Map(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** An OTLP/HTTP receiver for JSON, on a free port. */
export function startOtlpReceiver() {
  const spans: ReceivedSpan[] = [];
  const texts: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    routes: {
      "/v1/traces": async (request) => {
        const text = await request.text();
        texts.push(text);
        for (const { resource, scopeSpans } of (JSON.parse(text) as Body).resourceSpans) {
          const service = String(mapOf(resource.attributes).get("service.name"));
          for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
            const { attributes, links = [], ...rest } = span;
            spans.push({ ...rest, links, service, attributes: mapOf(attributes) });
          }
        }
        return Response.json({});
      },
    },
    fetch: () => new Response(null, { status: 404 }),
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    spans,
    /** Everything received, as text. */
    text: () => texts.join("\n"),
    stop: () => server.stop(true),
  };
}
