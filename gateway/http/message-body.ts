import * as v from "valibot";
import { AgentJob } from "../../shared/contract/job.ts";
import { input } from "../../shared/limits.ts";

/** Characters are Unicode code points; the text is well-formed by now. */
const characters = (text: string) => text.length - (text.match(/[\ud800-\udbff]/g)?.length ?? 0);

export const atMost = (max: number) =>
  v.check<string, string>((text) => characters(text) <= max, `must have at most ${max} characters`);

/** A message as a person sends it; unknown fields are dropped. */
export const Message = v.object({
  message: v.pipe(v.string(), atMost(input.messageChars)),
  image_url: v.nullish(v.pipe(v.string(), atMost(input.imageUrlChars)), null),
  user_location: v.nullish(AgentJob.entries.user_location, null),
  /** Any name is taken: the worker resolves it, and says so where it falls back to the default. */
  model: v.nullish(v.pipe(v.string(), atMost(input.modelChars)), null),
  interactive: v.nullish(v.boolean(), false),
  /** What to do when the chat is still answering. */
  double_texting: v.nullish(v.picklist(["enqueue", "reject", "interrupt"]), "enqueue"),
});
export type Message = v.InferOutput<typeof Message>;
