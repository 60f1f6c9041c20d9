import { createHash } from "node:crypto";
import type { OpenApi, Operation, ResponseDoc } from "./document.ts";

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; text-transform: capitalize; }
details { border: 1px solid #8885; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; background: #8881; padding: .6rem; border-radius: .3rem; }
b.method { display: inline-block; min-width: 4.2rem; } .quiet { opacity: .7; }
table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0; }
`;

const marks: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
const escape = (text: string) => text.replace(/[&<>"]/g, (mark) => marks[mark] ?? "");

/** The document as one page: no script, no other file, so it works offline under the strictest policy. */
export function renderPage(document: OpenApi): { readonly page: string; readonly policy: string } {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const sections = document.tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2>${escape(name)}</h2>${own.map(renderOperation).join("")}`;
  });
  const error = renderSchema(document.components["schemas"]);
  const page = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>eco2 API</title><style>${style}</style>
<h1>eco2 API</h1><p><a href="openapi.json">openapi.json</a>, OpenAPI ${document.openapi}</p>
${sections.join("\n")}<h2>Errors</h2>${error}</html>`;
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { page, policy };
}

interface Placed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

function renderOperation({ method, path, operation }: Placed): string {
  const { summary, description, security, parameters, requestBody, responses } = operation;
  const head = `<b class="method">${method.toUpperCase()}</b> <code>${escape(path)}</code> — ${escape(summary)}`;
  const about = description === undefined ? "" : `<p>${escape(description)}</p>`;
  const who = security.length === 0 ? "No token." : "Needs a token (bearer or cookie).";
  const rows = parameters.map(
    (one) =>
      `<tr><td><code>${escape(one.name)}</code><td>${one.in}${one.required ? ", required" : ""}<td><code>${escape(JSON.stringify(one.schema))}</code>`,
  );
  const table = rows.length === 0 ? "" : `<h4>Parameters</h4><table>${rows.join("")}</table>`;
  const body = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema }]) => `<h4>Body, ${escape(type)}</h4>${renderSchema(schema)}`,
  );
  const answers = Object.entries(responses).map(renderAnswer);
  return `<details id="${operation.operationId}"><summary>${head}</summary>${about}<p class="quiet">${who}</p>
${table}${body.join("")}<h4>Answers</h4>${answers.join("")}</details>`;
}

function renderAnswer([status, { description, content }]: [string, ResponseDoc]): string {
  const line = `<p><b>${status}</b> ${escape(description)}</p>`;
  if (Number(status) >= 400) return line; // one shape, shown once
  const bodies = Object.entries(content ?? {}).map(
    ([type, { schema }]) => `<p class="quiet">${escape(type)}</p>${renderSchema(schema)}`,
  );
  return line + bodies.join("");
}

function renderSchema(schema: unknown): string {
  return `<pre>${escape(JSON.stringify(schema, null, 2))}</pre>`;
}
