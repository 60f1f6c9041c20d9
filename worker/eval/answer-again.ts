import type { ModelClient } from "../llm/model-client.ts";
import type { Meter } from "../llm/meter.ts";
import type { Llm, Prompt } from "../llm/llm.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { sampleOf } from "./sample.ts";

const gradingMs = 15_000;

/**
 * A model whose answer is graded before anybody reads it, and given once more when it is a C. Holds the first token
 * back until the grade is known: switched off by default. A grading that fails lets the answer pass.
 */
export function answeringAgain(
  llm: Llm,
  grader: ModelClient | undefined,
  onGrade: (result: Evaluation, isSecond: boolean) => void = () => {},
): Llm {
  return async function* (prompt, signal, meter) {
    const first = await whole(llm, prompt, signal, meter);
    const result = await graded(prompt, first, grader, signal);
    if (result) onGrade(result, false);
    if (result?.grade !== "C") {
      yield first;
      return;
    }
    const advice = result.hint === "" ? "자료에 있는 사실로 더 정확하게 답하세요." : result.hint;
    const second = {
      ...prompt,
      system: `${prompt.system}\n\n이번에는 이 점을 고쳐 답해요: ${advice}`,
    };
    const text = await whole(llm, second, signal, meter);
    const again = await graded(prompt, text, grader, signal);
    if (again) onGrade(again, true);
    // the better of the two, the second when nobody can tell
    yield again && again.score < result.score ? first : text;
  };
}

async function whole(
  llm: Llm,
  prompt: Prompt,
  signal: AbortSignal,
  meter: Meter | undefined,
): Promise<string> {
  let text = "";
  for await (const piece of llm(prompt, signal, meter)) text += piece;
  return text;
}

async function graded(
  prompt: Prompt,
  answer: string,
  grader: ModelClient | undefined,
  signal: AbortSignal,
): Promise<Evaluation | undefined> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(gradingMs)]);
  try {
    return await evaluate(sampleOf(prompt, answer), grader, within);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
