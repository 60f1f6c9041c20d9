import * as v from "valibot";
import { scanModels } from "../../shared/contract/scan.ts";
import { AppError } from "../../shared/errors.ts";
import { input, scan } from "../../shared/limits.ts";
import { invalid, validate } from "../http/body.ts";
import { refusalOf } from "./picture-refusal.ts";

/** What a client sends; unknown fields are dropped. */
export const ScanBody = v.object({
  image_url: v.nullish(
    v.pipe(v.string(), v.maxLength(input.imageUrlChars, "must have at most 2048 characters")),
    null,
  ),
  user_input: v.nullish(
    v.pipe(v.string(), v.maxLength(scan.userInputChars, "must have at most 1000 characters")),
    null,
  ),
  model: v.pipe(v.nullish(v.string(), null), v.description(`One of ${scanModels.join(", ")}.`)),
});

interface Scan {
  readonly imageUrl: string;
  readonly userInput: string | null;
  /** Null for the default. */
  readonly model: string | null;
}

/**
 * What a client asks for. Throws `VALIDATION_ERROR`, `IMAGE_URL_REQUIRED`, `UNSUPPORTED_MODEL` or
 * `IMAGE_HOST_NOT_ALLOWED`.
 */
export function readScan(json: unknown, isOwn: (url: string) => boolean): Scan {
  const body = validate(ScanBody, json);
  const imageUrl = body.image_url?.trim() ?? "";
  if (imageUrl === "") throw new AppError("IMAGE_URL_REQUIRED");
  const refusal = refusalOf(imageUrl, isOwn);
  if (refusal.word === "bad") throw invalid([{ path: "image_url", message: refusal.problem }]);
  const model = body.model === null || body.model === "" ? null : body.model;
  if (model !== null && !scanModels.some((known) => known === model)) throw unsupportedModel();
  if (refusal.word === "foreign") throw new AppError("IMAGE_HOST_NOT_ALLOWED");
  const userInput = body.user_input?.trim() ?? "";
  return { imageUrl, userInput: userInput === "" ? null : userInput, model };
}

function unsupportedModel(): AppError {
  const list = scanModels.join(", ");
  return new AppError("UNSUPPORTED_MODEL", {
    detail: `this model cannot be used; supported_models: ${list}`,
    errors: [{ path: "model", message: `must be one of ${list}` }],
  });
}
