import { Ajv2020, type AnySchema } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "bun:test";
import { routesOf } from "../../gateway/http/routes.ts";
import { buildDocument } from "../../gateway/openapi/document.ts";
import { createClient } from "../../web/client/client.ts";

// Answers need no test here: the client's types are made of the schemas the document is made of.

const document = buildDocument(routesOf("all"));
const ajv = new Ajv2020({ strict: false });
addFormats(ajv);
const id = crypto.randomUUID();

/** What the client asks when it does this. */
async function askedBy(act: (client: ReturnType<typeof createClient>) => Promise<unknown>) {
  const asked: Request[] = [];
  const client = createClient({
    baseUrl: "http://gateway.test",
    fetch: (input, init) => {
      asked.push(new Request(input, init));
      return Promise.resolve(new Response(null, { status: 204 }));
    },
  });
  await act(client);
  const [request] = asked;
  if (!request) throw new Error("nothing was asked");
  return request;
}

const calls: Record<string, (client: ReturnType<typeof createClient>) => Promise<unknown>> = {
  "chats.list": ({ chats }) => chats.list({ limit: 2, cursor: "c" }),
  "chats.create": ({ chats }) => chats.create("제목"),
  "chats.rename": ({ chats }) => chats.rename(id, "제목"),
  "chats.remove": ({ chats }) => chats.remove(id),
  history: ({ history }) => history(id, { limit: 2, cursor: "c" }),
  send: ({ send }) =>
    send(id, {
      message: "이거 어떻게 버려?",
      image_url: "https://example.com/a.jpg",
      user_location: { latitude: 37.5, longitude: 127 },
      model: "local",
      interactive: true,
      double_texting: "enqueue",
    }),
  stream: ({ stream }) => Array.fromAsync(stream(id, { lastEventId: "1-1" })),
  cancel: ({ cancel }) => cancel(id),
  input: ({ input }) => input(id, { type: "selection", data: { value: "서울" } }),
  status: ({ status }) => status(id),
  topology: ({ topology }) => topology(),
};

test("every function of the client is looked at here", () => {
  const client = createClient();
  const names = Object.entries(client).flatMap(([name, value]) =>
    typeof value === "function" ? name : Object.keys(value).map((inner) => `${name}.${inner}`),
  );
  expect(names.sort()).toEqual(Object.keys(calls).sort());
});

test.each(Object.entries(calls))("%s asks what the document knows", async (_name, act) => {
  const request = await askedBy(act);
  const url = new URL(request.url);
  const [template, methods] =
    Object.entries(document.paths).find(([path]) =>
      new RegExp(`^${path.replace(/\{\w+\}/g, "[\\w-]{36}")}$`).test(url.pathname),
    ) ?? [];
  const operation = methods?.[request.method.toLowerCase()];
  if (!operation) throw new Error(`the document has no ${request.method} ${url.pathname}`);
  expect(template).toBeDefined();
  const known = operation.parameters.filter((one) => one.in === "query").map((one) => one.name);
  for (const name of url.searchParams.keys()) expect(known).toContain(name);
  const body = await request.text();
  const schema = operation.requestBody?.content["application/json"]?.schema;
  if (body === "") return expect(operation.requestBody?.required ?? false).toBe(false);
  if (!schema) throw new Error(`${request.method} ${url.pathname} takes no body`);
  const validate = ajv.compile({ ...schema } as AnySchema);
  expect([validate(JSON.parse(body)), validate.errors ?? []]).toEqual([true, []]);
});
