import type { ModelClient } from "./model-client.ts";
import { ModelError } from "./model-error.ts";
import { addUsage, estimateUsd, noUsage, type TokenPrices, type Usage } from "./usage.ts";

type Named = Pick<ModelClient, "provider" | "model">;

/** Counts what a job's models use, and stops a job that uses too much. */
export interface Meter {
  /** Before a call. Throws `quota` when the job's budget is used up. */
  begin(): void;
  add(of: Named, usage: Usage): void;
  /** The answer comes from another provider than chosen. */
  switched(to: Named, cause: unknown): void;
}

/** What a job used; part of its metadata. */
interface UsageReport {
  readonly calls: number;
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  /** An estimate; null when a model's price is not known. */
  readonly cost_usd: number | null;
  readonly models: readonly string[];
}

interface Switch {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export interface JobMeter extends Meter {
  /** Undefined when no model was asked. */
  report(): UsageReport | undefined;
  lastSwitch(): (Switch & { readonly provider: string; readonly model: string }) | undefined;
}

/** Calls and tokens of one job: a conversation takes a handful and a few thousand. */
const budget = { calls: 40, tokens: 400_000 } as const;

export const noMeter: Meter = { begin: () => {}, add: () => {}, switched: () => {} };

export function createMeter(options: {
  readonly chosen: { readonly provider: string; readonly model: string };
  readonly prices?: TokenPrices | undefined;
  readonly onTokens?: (provider: string, type: "input" | "cached" | "output", n: number) => void;
  readonly onSwitch?: (how: Switch) => void;
}): JobMeter {
  const byModel = new Map<string, { readonly of: Named; usage: Usage }>();
  let calls = 0;
  let total = noUsage;
  let last: ReturnType<JobMeter["lastSwitch"]>;
  return {
    begin: () => {
      if (calls >= budget.calls || total.inputTokens + total.outputTokens >= budget.tokens) {
        throw new ModelError("quota", "the job's budget for models is used up");
      }
      calls++;
    },
    add: (of, usage) => {
      total = addUsage(total, usage);
      const held = byModel.get(nameOf(of));
      byModel.set(nameOf(of), { of, usage: held ? addUsage(held.usage, usage) : usage });
      options.onTokens?.(of.provider, "input", usage.inputTokens - usage.cachedInputTokens);
      options.onTokens?.(of.provider, "cached", usage.cachedInputTokens);
      options.onTokens?.(of.provider, "output", usage.outputTokens);
    },
    switched: (to, cause) => {
      const { provider, model } = last ?? options.chosen;
      const reason = cause instanceof ModelError ? cause.kind : "failed";
      const how = { from: `${provider}/${model}`, to: nameOf(to), reason };
      last = { ...how, provider: to.provider, model: to.model };
      options.onSwitch?.(how);
    },
    lastSwitch: () => last,
    report: () => {
      if (calls === 0) return undefined;
      const costs = [...byModel.values()].map(({ of, usage }) =>
        estimateUsd(of.model, usage, options.prices),
      );
      const isKnown = costs.every((cost) => cost !== null) && costs.length > 0;
      return {
        calls,
        input_tokens: total.inputTokens,
        cached_input_tokens: total.cachedInputTokens,
        output_tokens: total.outputTokens,
        reasoning_tokens: total.reasoningTokens,
        cost_usd: isKnown ? costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0) : null,
        models: [...byModel.keys()],
      };
    },
  };
}

function nameOf({ provider, model }: Named): string {
  return `${provider}/${model}`;
}

/** A client whose every call is counted. Its stream is not: the answer counts its own. */
export function metered(client: ModelClient, meter: Meter): ModelClient {
  const counted = async <T extends { readonly usage: Usage }>(call: () => Promise<T>) => {
    meter.begin();
    const answer = await call();
    meter.add(client, answer.usage);
    return answer;
  };
  return {
    provider: client.provider,
    model: client.model,
    stream: (request, signal) => client.stream(request, signal),
    complete: (request, signal) => counted(() => client.complete(request, signal)),
    json: (request, signal) => counted(() => client.json(request, signal)),
    vision: (request, signal) => counted(() => client.vision(request, signal)),
    tools: (request, signal) => counted(() => client.tools(request, signal)),
    webSearch: (request, signal) => counted(() => client.webSearch(request, signal)),
  };
}
