import * as v from "valibot";
import { AppError } from "../../../shared/errors.ts";
import { middles } from "../../knowledge/classes.ts";
import type { Vision } from "../run-context.ts";
import { prompts } from "../../prompts/prompts.ts";

type FetchImage = (
  url: string,
  signal: AbortSignal,
) => Promise<{ readonly bytes: Uint8Array; readonly mimeType: string }>;

const unknown = "미분류";
/** Below this the answer asks for words instead of guessing. */
const leastConfidence = 0.4;

const Seen = v.object({
  middle: v.picklist(middles),
  confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
});
const schema = {
  type: "object",
  properties: {
    middle: { type: "string", enum: middles },
    item: { type: "string" },
    state: { type: "array", items: { type: "string" } },
    confidence: { type: "number" },
  },
  required: ["middle", "confidence"],
};

/** The job's model looks at the picture; what it may say is one of our classes, never free text. */
export function seeWith(fetchImage: FetchImage): Vision {
  return async (url, signal, model) => {
    if (!model) throw new AppError("NOT_CONFIGURED");
    const image = await fetchImage(url, signal);
    const content = [
      { type: "image", image, detail: "low" },
      { type: "text", text: "이 물건은 무엇인가요?" },
    ] as const;
    const messages = [
      { role: "system", content: prompts.vision.text },
      { role: "user", content },
    ] as const;
    const request = { name: "waste_picture", schema, output: Seen, messages };
    const { data } = await model.vision(request, signal);
    const isSure = data.middle !== unknown && data.confidence >= leastConfidence;
    return isSure ? data.middle : undefined;
  };
}
