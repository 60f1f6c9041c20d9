import type {
  Classification,
  FinalAnswer,
  Reward,
  ScanErrorCode,
} from "../../shared/contract/scan.ts";
import { compose, noRuleAnswer, tell } from "./answer-scan.ts";
import type { Found } from "./checkpoints.ts";
import { fromWords, see, TypeNotSeen } from "./classify.ts";
import { findRules } from "./find-rules.ts";
import type { WorkStage } from "./policies.ts";
import type { ScanRun, ScanTools } from "./scan-context.ts";

/** A stage that found nothing to go on with; the scan ends with this code. */
export class StageFailed extends Error {
  readonly code: ScanErrorCode;
  constructor(code: ScanErrorCode, cause: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/**
 * Does one stage under its policy and puts what it found into `found`. Throws `StageFailed`, or the signal's reason
 * when the run was stopped.
 */
export async function doStage(
  stage: WorkStage,
  found: Found,
  run: ScanRun,
  tools: ScanTools,
): Promise<void> {
  switch (stage) {
    case "vision":
      found.vision = await classify(run, tools);
      return;
    case "rule":
      found.rule = await execute(stage, run, tools, async () => findRules(seen(found), tools));
      return;
    case "answer":
      found.answer = await answer(found, run, tools);
      return;
    case "reward":
      found.reward = await reward(found, run, tools);
      return;
  }
}

function seen(found: Found): Classification {
  if (!found.vision) throw new Error("the picture was not looked at");
  return found.vision;
}

/** By the model; where that does not work, by what the person wrote. */
async function classify(run: ScanRun, tools: ScanTools): Promise<Classification> {
  const byWords = fromWords(run, tools);
  const fallback = byWords && (() => Promise.resolve(byWords));
  return execute("vision", run, tools, (signal) => see(run, tools, signal), fallback);
}

/** By the model; where that does not work, composed of the rules. */
async function answer(found: Found, run: ScanRun, tools: ScanTools): Promise<FinalAnswer> {
  const { rule } = found;
  if (!rule) return noRuleAnswer;
  const isOurs = rule.is_unsafe || rule.is_gentle; // no words of a model between the warning and the person
  const composed = () => Promise.resolve(compose(seen(found), rule, tools));
  if (isOurs) return composed();
  const told = (signal: AbortSignal) => tell(seen(found), rule, run, tools, signal);
  return execute("answer", run, tools, told, composed);
}

/** Null when none was earned, and when it could not be given: the scan is done all the same. */
async function reward(found: Found, run: ScanRun, tools: ScanTools): Promise<Reward | null> {
  const { major_category, middle_category, minor_category } = seen(found).classification;
  // a minor that only repeats its class is no name
  const minor = minor_category === middle_category ? null : minor_category;
  const input = {
    classification: { major_category, middle_category, minor_category: minor },
    hasRules: Boolean(found.rule),
    insufficiencies: found.answer?.insufficiencies ?? [],
  };
  const given = () => tools.reward(run.job.user_id, input);
  const { result, status, cause } = await tools.executor.run(
    "scan_reward",
    tools.policies.reward,
    given,
    run.signal,
  );
  if (result === undefined) run.log.warn("scan without its reward", { status, error: cause });
  return result ?? null;
}

async function execute<T>(
  stage: WorkStage,
  run: ScanRun,
  tools: ScanTools,
  work: (signal: AbortSignal) => Promise<T>,
  fallback?: () => Promise<T>,
): Promise<T> {
  const { executor, policies } = tools;
  const done = await executor.run(`scan_${stage}`, policies[stage], work, run.signal, fallback);
  if (done.status === "success" || done.status === "fallback_success") return done.result as T;
  throw new StageFailed(codeOf(stage, done.error, done.cause), done.cause);
}

function codeOf(stage: WorkStage, error: string | undefined, cause: unknown): ScanErrorCode {
  if (stage !== "vision") return "STAGE_FAILED";
  if (cause instanceof TypeNotSeen) return "IMAGE_TYPE_NOT_SEEN";
  if (error === "not_configured") return "VISION_NOT_CONFIGURED";
  return error === "invalid_request" ? "IMAGE_UNAVAILABLE" : "VISION_FAILED";
}
