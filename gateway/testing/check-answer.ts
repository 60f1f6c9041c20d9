import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { answerKey, noteAnswer } from "../../shared/testing/answers-seen.ts";
import { extAuthzPath } from "../http/ext-authz.ts";
import { routesOf } from "../http/routes.ts";
import { buildDocument, type Operation, type OpenApi, templateOf } from "../openapi/document.ts";

/** Opened once per process: compiling the schemas takes some 100 ms. */
let check: ((method: string, path: string, answer: Response) => Promise<void>) | undefined;

/**
 * Throws unless the answer is one the OpenAPI document foretells: its status, its media type and its body, where a field
 * nobody named is a failure too. An answer of no route has to be the one error shape.
 */
export async function checkAnswer(method: string, path: string, answer: Response): Promise<void> {
  check ??= openCheck();
  await check(method, path, answer);
}

function openCheck() {
  const routes = routesOf("all").map((route) => ({
    ...route,
    pattern: new RegExp(`^${route.path.replace(/:\w+/g, "[^/]+")}$`),
  }));
  const document = buildDocument(routes);
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats(ajv);
  const schemas = asStrict(document.components["schemas"]) as Record<string, object>;
  ajv.addSchema({ $id: "eco2:document", components: { schemas } });
  const compiled = new Map<string, ValidateFunction>();
  const validator = (name: string, schema: unknown): ValidateFunction => {
    const known = compiled.get(name);
    if (known) return known;
    const text = JSON.stringify(asStrict(schema)).replaceAll('"#/', '"eco2:document#/');
    const made = ajv.compile(JSON.parse(text) as object);
    compiled.set(name, made);
    return made;
  };
  const errorShape = validator("error", { $ref: "#/components/schemas/Error" });

  return async (method: string, path: string, answer: Response): Promise<void> => {
    if (path.startsWith(extAuthzPath)) return; // answers for other services, no route of the document
    const asked = method === "HEAD" ? "GET" : method;
    const route = routes.find((one) => one.method === asked && one.pattern.test(path));
    const name = `${method} ${path} answered ${answer.status}`;
    const type = answer.headers.get("content-type")?.split(";")[0];
    const read = async (): Promise<unknown> => await answer.clone().json();
    if (!route) {
      if (answer.status >= 400 && type === "application/json" && method !== "HEAD")
        require(errorShape, await read(), name);
      return;
    }
    const foretold = responseOf(document, asked, route.path, answer.status);
    if (!foretold) throw new Error(`${name}, and its document knows no such status`);
    if (method === "HEAD") return;
    const key = answerKey(route.method, route.path, answer.status);
    const content = foretold.content;
    if (!content) {
      if (answer.body && (await answer.clone().text()) !== "")
        throw new Error(`${name} with a body, and its document knows none`);
      return noteAnswer(key);
    }
    const media = content[type ?? ""] ?? content[`${type?.split("/")[0]}/*`];
    if (!media)
      throw new Error(`${name} as ${type}, its document says ${Object.keys(content).join()}`);
    if (type === "application/json") require(validator(key, media.schema), await read(), name);
    noteAnswer(key);
  };
}

function responseOf(document: OpenApi, method: string, path: string, status: number) {
  const operation: Operation | undefined = document.paths[templateOf(path)]?.[method.toLowerCase()];
  return operation?.responses[String(status)];
}

function require(validate: ValidateFunction, body: unknown, name: string): void {
  if (validate(body)) return;
  const problems = (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(" "),
  );
  throw new Error(`${name}, which does not fit its document:\n  ${problems.join("\n  ")}`);
}

/** Clients read leniently, tests do not: an object with named fields has no others. */
function asStrict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asStrict);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "enum" || key === "const" || key === "default" ? value : asStrict(value),
    ]),
  );
  const isClosed = "type" in inner && inner["type"] === "object" && "properties" in inner;
  if (isClosed && !("additionalProperties" in inner)) inner["additionalProperties"] = false;
  return inner;
}
