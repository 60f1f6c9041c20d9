import type * as v from "valibot";
import type { Code } from "../../shared/errors.ts";

/** One success of a route. */
export interface Answer {
  /** A few words, as `the new chat`. */
  readonly about: string;
  /** Undefined: an answer without a body. */
  readonly body?: v.GenericSchema;
  /** Media type of the body; `application/json` when left out. The body of another type is not looked into by tests. */
  readonly type?: string;
  /** Headers beside the usual ones: name and what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What the OpenAPI document says about a route (`/api/v1/openapi.json`, `/api/v1/docs`). How to write one:
 *
 * - It stands beside the handler, made of the schemas the handler validates with, so that both change together:
 *   `export const renameChatDoc: RouteDoc = { summary: "Rename a chat", tag: "chat", body: Body, answers: { 204: { about:
 *   "renamed" } }, errors: ["CHAT_NOT_FOUND"] };` and `doc: renameChatDoc` in the table.
 * - Answers get a Valibot schema too: types of rows come from it by `v.InferOutput`, in the web client as well.
 * - `errors` names the codes the handler throws itself; statuses follow from `http/fail.ts`. Not to be named, because the
 *   table knows them: `UNAUTHORIZED` and `TOKEN_REVOKED` (no `isOpen`), `RATE_LIMITED`, `UNAVAILABLE` and `INTERNAL`, with
 *   a body `BAD_JSON`, `UNSUPPORTED_MEDIA_TYPE` and `PAYLOAD_TOO_LARGE`, with a body, parameter or query `VALIDATION_ERROR`.
 * - A name in the path is a UUID; another kind gets a schema in `params`.
 * - `openTestApp` compares every answer of every test with the document: status, code, media type and body, where a field
 *   the schema does not name is a failure.
 * - Actions that JSON Schema cannot say (`v.check`, `v.transform`) are left out of the document: put the rule into words
 *   with `v.description("…")`.
 */
export interface RouteDoc {
  readonly summary: string;
  /** More than a line of it; plain text. */
  readonly description?: string;
  /** The domain, as `chat`. */
  readonly tag: string;
  /** Names of the path that are no UUIDs. */
  readonly params?: Readonly<Record<string, v.GenericSchema>>;
  readonly query?: Readonly<Record<string, v.GenericSchema>>;
  /** Request headers that mean something. */
  readonly headers?: Readonly<Record<string, v.GenericSchema>>;
  readonly body?: v.GenericSchema;
  /** Media type of the body; `application/json` when left out. */
  readonly bodyType?: string;
  /** The body may be missing. */
  readonly isBodyOptional?: true;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly errors?: readonly Code[];
}
