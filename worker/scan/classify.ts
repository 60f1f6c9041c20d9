import * as v from "valibot";
import type { Classification } from "../../shared/contract/scan.ts";
import { fail } from "../../shared/apis/result.ts";
import { AppError } from "../../shared/errors.ts";
import { ServiceError } from "../graph/api-failure.ts";
import { majorOf, type Middle, middles } from "../knowledge/classes.ts";
import type { Tag } from "../knowledge/schema.ts";
import { prompts } from "../prompts/prompts.ts";
import { oneLine } from "./one-line.ts";
import type { ScanRun, ScanTools } from "./scan-context.ts";

export const unknown = "미분류";
/** Below this the answer asks for another picture instead of guessing. */
const leastConfidence = 0.4;
const maxTags = 8;
const itemChars = 40;

/** The model does not know pictures of this type. The picture's fault: no other try, no breaker. */
export class TypeNotSeen extends ServiceError {
  constructor() {
    super(fail("invalid_request", "image: a type this model does not see"));
  }
}

const Seen = v.object({
  middle: v.picklist(middles),
  item: v.optional(v.string()),
  state: v.optional(v.array(v.string()), []),
  confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
});

/** What the picture shows, told by the scan's model. Throws `NOT_CONFIGURED` without one. */
export async function see(
  run: ScanRun,
  tools: ScanTools,
  signal: AbortSignal,
): Promise<Classification> {
  const { model, job } = run;
  if (!model) throw new AppError("NOT_CONFIGURED");
  const image = await tools.fetchImage(job.image_url ?? "", signal);
  if (image.mimeType === "image/heic" && model.provider === "openai") throw new TypeNotSeen();
  const states = tools.knowledge.tags.map(({ name }) => name);
  const said = job.message === "" ? "이 물건은 무엇인가요?" : `찍은 사람의 말: ${job.message}`;
  run.begin();
  const { data, usage } = await model.vision(
    {
      name: "waste_scan",
      schema: schemaOf(states),
      output: Seen,
      messages: [
        {
          role: "system",
          content: `${prompts.scanVision.text}\n\n상태 이름: ${states.join(", ")}`,
        },
        {
          role: "user",
          content: [
            { type: "image", image, detail: "low" },
            { type: "text", text: said },
          ],
        },
      ],
    },
    signal,
  );
  run.used(usage);
  const isSure = data.middle !== unknown && data.confidence >= leastConfidence;
  if (!isSure) return fromWords(run, tools) ?? classified(run, unknown, undefined, []);
  return classified(run, data.middle, data.item, tagsFor(tools, data.middle, data.state));
}

/** What the person wrote, looked up in the knowledge base; undefined when it names nothing known. */
export function fromWords(run: ScanRun, tools: ScanTools): Classification | undefined {
  const { message } = run.job;
  const [found] = message === "" ? [] : tools.retrieval.find(message, { limit: 1 });
  if (!found) return undefined;
  const { middle } = found.item ?? found.rule;
  return classified(run, middle, found.item?.name, found.tags);
}

function classified(
  { job }: ScanRun,
  middle: Middle,
  item: string | undefined,
  tags: readonly Pick<Tag, "name">[],
): Classification {
  const minor = oneLine(item ?? "", itemChars);
  return {
    classification: {
      major_category: majorOf(middle) ?? middle,
      middle_category: middle,
      minor_category: minor === "" ? middle : minor,
    },
    situation_tags: tags.map(({ name }) => name),
    meta: { user_input: job.message === "" ? null : job.message },
  };
}

/** The known tags among names, those only that things of the class may carry; safety first. */
export function tagsFor(tools: ScanTools, middle: string, names: readonly string[]): Tag[] {
  const named = new Set(names);
  return tools.knowledge.tags
    .filter(
      ({ name, classes }) => named.has(name) && (classes?.some((one) => one === middle) ?? true),
    )
    .toSorted((a, b) => a.priority - b.priority)
    .slice(0, maxTags);
}

const schemaOf = (states: readonly string[]) => ({
  type: "object",
  properties: {
    middle: { type: "string", enum: middles },
    item: { type: "string" },
    state: { type: "array", items: { type: "string", enum: states } },
    confidence: { type: "number" },
  },
  required: ["middle", "state", "confidence"],
});
