import * as v from "valibot";
import { AppError, type FieldError } from "../../shared/errors.ts";
import { input } from "../../shared/limits.ts";

const jsonType = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;

/**
 * Reads a JSON body. Throws `UNSUPPORTED_MEDIA_TYPE`, `PAYLOAD_TOO_LARGE` (by its announced length, and again
 * while reading), `BAD_JSON`, or `VALIDATION_ERROR` for text that is not clean Unicode. `mayBeEmpty`: no body at
 * all reads as `{}`.
 */
export async function readJson(request: Request, mayBeEmpty = false): Promise<unknown> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > input.bodyBytes) throw new AppError("PAYLOAD_TOO_LARGE");
  const type = request.headers.get("content-type");
  if (type !== null && !jsonType.test(type)) throw new AppError("UNSUPPORTED_MEDIA_TYPE");
  const bytes = await readBytes(request);
  if (bytes.length === 0 && mayBeEmpty) return {};
  if (type === null) throw new AppError("UNSUPPORTED_MEDIA_TYPE");
  const value = parse(decode(bytes));
  const path = findDirtyText(value);
  if (path !== undefined) throw invalid([{ path, message: "must be clean Unicode without NUL" }]);
  return value;
}

/** Throws `VALIDATION_ERROR` with a line per problem; never with the values. */
export function validate<const Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw invalid(
    result.issues.map((issue) => ({ path: v.getDotPath(issue) ?? "", message: describe(issue) })),
  );
}

export function invalid(errors: readonly FieldError[]): AppError {
  return new AppError("VALIDATION_ERROR", { errors });
}

/** Sentences of our own as they are. The library's repeat what was sent, so only what it expected is told. */
function describe(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === "schema" && issue.input === undefined) return "is required";
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  if (issue.type.endsWith("_length"))
    return `must have a length ${issue.expected ?? "within limits"}`;
  return `must be ${issue.expected ?? `a valid ${issue.type.replaceAll("_", " ")}`}`;
}

async function readBytes(request: Request): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > input.bodyBytes) throw new AppError("PAYLOAD_TOO_LARGE");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("VALIDATION_ERROR", {
      detail: "the body is not UTF-8",
      errors: [{ path: "", message: "must be UTF-8" }],
      cause,
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("BAD_JSON", { cause });
  }
}

/** The path of the first text that PostgreSQL or a browser could not take back unchanged. Keys count too. */
function findDirtyText(root: unknown): string | undefined {
  const isDirty = (text: string) => text.includes("\0") || !text.isWellFormed();
  const open: { path: string; value: unknown }[] = [{ path: "", value: root }];
  for (let at = open.pop(); at; at = open.pop()) {
    const { path, value } = at;
    if (typeof value === "string" && isDirty(value)) return path;
    if (typeof value !== "object" || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (isDirty(key)) return path;
      open.push({ path: path === "" ? key : `${path}.${key}`, value: inner });
    }
  }
  return undefined;
}
