import * as v from "valibot";
import type { Handle } from "../deps.ts";
import type { Route } from "../http/route.ts";
import type { RouteDoc } from "./route-doc.ts";

const documentDoc: RouteDoc = {
  summary: "This document",
  tag: "service",
  answers: { 200: { about: "OpenAPI 3.1", body: v.looseObject({ openapi: v.string() }) } },
};
const pageDoc: RouteDoc = {
  summary: "This document as a page",
  tag: "service",
  answers: { 200: { about: "a page without scripts", body: v.string(), type: "text/html" } },
};

interface Texts {
  readonly document: string;
  readonly page: string;
  readonly policy: string;
}

/** The document and its page. Both are made when somebody first asks: most processes are never asked. */
export function openApiRoutes(routes: () => readonly Route[]): Route[] {
  let texts: Promise<Texts> | undefined;
  const textsOnce = () => (texts ??= writeTexts(routes()));
  const kept = { "Cache-Control": "public, max-age=300" };
  const document: Handle = async () =>
    new Response((await textsOnce()).document, {
      headers: { ...kept, "Content-Type": "application/json" },
    });
  const page: Handle = async () => {
    const { page: html, policy } = await textsOnce();
    const type = { "Content-Type": "text/html; charset=utf-8" };
    return new Response(html, { headers: { ...kept, ...type, "Content-Security-Policy": policy } });
  };
  const open = { method: "GET", role: "api", isOpen: true } as const;
  return [
    { ...open, path: "/api/v1/openapi.json", handle: document, doc: documentDoc },
    { ...open, path: "/api/v1/docs", handle: page, doc: pageDoc },
  ];
}

async function writeTexts(routes: readonly Route[]): Promise<Texts> {
  const { buildDocument } = await import("./document.ts");
  const { renderPage } = await import("./page.ts");
  const document = buildDocument(routes);
  return { document: JSON.stringify(document), ...renderPage(document) };
}
