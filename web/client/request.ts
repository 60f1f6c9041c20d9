/** What a request needs to know of the client it belongs to. */
export interface Connection {
  /** Origin of the gateway, without a slash at the end; empty in a page the gateway serves. */
  readonly baseUrl: string;
  /** A bearer token; undefined when the cookie speaks for the user. */
  readonly getToken: () => string | undefined | Promise<string | undefined>;
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
}

/** A refused or failed request. `status` 0: the server was never reached, `code` is then `NETWORK`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | undefined;
  /** From `Retry-After`. */
  readonly retryAfterMs: number | undefined;
  readonly errors: readonly { readonly path: string; readonly message: string }[];

  constructor(of: {
    status: number;
    code: string;
    detail: string;
    requestId?: string | undefined;
    retryAfterMs?: number | undefined;
    errors?: readonly { path: string; message: string }[] | undefined;
    cause?: unknown;
  }) {
    super(of.detail, { cause: of.cause });
    this.name = "ApiError";
    this.status = of.status;
    this.code = of.code;
    this.requestId = of.requestId;
    this.retryAfterMs = of.retryAfterMs;
    this.errors = of.errors ?? [];
  }

  /** The same request may succeed later, unchanged. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export interface Request {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one request; throws `ApiError` unless the answer is 2xx, and the abort reason when aborted. */
export async function sendRequest(
  to: Connection,
  path: string,
  request: Request = {},
): Promise<Response> {
  const headers = new Headers(request.headers);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  const token = await to.getToken();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (request.body !== undefined) headers.set("content-type", "application/json");
  const signal = request.signal ?? null;
  let response: Response;
  try {
    response = await to.fetch(`${to.baseUrl}${path}${queryOf(request.query)}`, {
      method: request.method ?? "GET",
      headers,
      credentials: "include",
      cache: "no-store",
      signal,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ApiError({ status: 0, code: "NETWORK", detail: "the server was not reached", cause });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** Sends one request and reads the JSON of its answer; undefined for an empty one. */
export async function callJson<T>(to: Connection, path: string, request?: Request): Promise<T> {
  const response = await sendRequest(to, path, request);
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    request?.signal?.throwIfAborted();
    throw new ApiError({ status: 0, code: "NETWORK", detail: "the answer broke off", cause });
  }
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

function queryOf(query: Request["query"]): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}

async function refusal(response: Response): Promise<ApiError> {
  const body = await response
    .json()
    .then((json) => (json ?? {}) as Record<string, unknown>)
    .catch(() => ({}) as Record<string, unknown>); // a proxy's page instead of our JSON
  const text = (name: string) => (typeof body[name] === "string" ? body[name] : undefined);
  const errors = body["errors"];
  return new ApiError({
    status: response.status,
    code: text("code") ?? `HTTP_${response.status}`,
    detail: text("detail") ?? `the server answered ${response.status}`,
    requestId: text("request_id"),
    retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    errors: Array.isArray(errors) ? (errors as { path: string; message: string }[]) : undefined,
  });
}

function retryAfterMs(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
