import { geminiClient } from "./gemini.ts";
import { localLlm } from "./local.ts";
import type { Llm } from "./llm.ts";
import type { ModelClient } from "./model-client.ts";
import { modelLlm } from "./model-llm.ts";
import { openaiClient } from "./openai.ts";

type Provider = "openai" | "google" | "local";
type Remote = Exclude<Provider, "local">;

const prefixes: readonly (readonly [RegExp, Provider])[] = [
  [/^gemini/, "google"],
  [/^gpt/, "openai"],
  [/^local$/, "local"],
];
/** What a provider answers with when none of its models was named. */
const ownDefaults: Readonly<Record<Remote, string>> = {
  openai: "gpt-5.2",
  google: "gemini-3-flash-preview",
};

const remotes = ["openai", "google"] as const;

export interface Chosen {
  readonly llm: Llm;
  /** For everything but the answer: function calls, pictures, searches. Undefined in the offline mode. */
  readonly client?: ModelClient | undefined;
  readonly provider: Provider;
  readonly model: string;
  /** Why it is not the model that was asked for. */
  readonly note: string | undefined;
}

export interface Models {
  /** What answers when nothing, or nothing known, was asked for. */
  readonly defaultModel: string;
  /** Providers that are set up, each making a client for a model name. */
  readonly providers: Partial<Readonly<Record<Remote, (model: string) => ModelClient>>>;
  readonly local: Llm;
}

/** The answer and the executor try again themselves; two layers of retries multiply. */
const retries = 0;

interface ProviderSettings {
  readonly key: string | undefined;
  readonly baseUrl: string | undefined;
}

/** The models this process can use. Without a key or a server of one's own there is `local` alone. */
export function modelsFrom(config: {
  readonly defaultModel: string;
  readonly localPaceMs: number;
  readonly openai: ProviderSettings;
  readonly google: ProviderSettings;
}): Models {
  const { openai, google } = config;
  return {
    defaultModel: config.defaultModel,
    providers: {
      ...((openai.key || openai.baseUrl) && {
        openai: (model: string) => openaiClient({ ...openai, model, retries }),
      }),
      ...(google.key && {
        google: (model: string) => geminiClient({ ...google, model, retries }),
      }),
    },
    local: localLlm({ paceMs: config.localPaceMs }),
  };
}

/**
 * Resolves a model name to a model that can answer. Never refuses: a name nobody knows, or whose provider is
 * not set up, gets the default and a note.
 */
export function chooseModel(requested: string | null, models: Models): Chosen {
  const wanted = requested === null || requested === "" ? undefined : requested;
  const asked = wanted === undefined ? undefined : resolve(wanted);
  const exact = asked && make(asked, models);
  if (exact) return { ...exact, note: undefined };
  const instead = makeDefault(models);
  if (wanted === undefined) return { ...instead, note: undefined };
  const why = asked ? `${asked.provider} is not configured` : `unknown model ${wanted}`;
  return { ...instead, note: `${why}: answered by ${instead.model}` };
}

interface Resolved {
  readonly provider: Provider;
  readonly model: string;
}

/** `provider/model`, or a bare name whose beginning tells. */
function resolve(name: string): Resolved | undefined {
  const [, provider, model] = /^(openai|google|local)\/(.+)$/.exec(name) ?? [];
  if (provider !== undefined && model !== undefined) {
    return { provider: provider as Provider, model };
  }
  const prefix = prefixes.find(([pattern]) => pattern.test(name));
  return prefix && { provider: prefix[1], model: name };
}

function make({ provider, model }: Resolved, models: Models): Omit<Chosen, "note"> | undefined {
  if (provider === "local") return { llm: models.local, provider, model: "local" };
  const client = models.providers[provider]?.(model);
  if (!client) return undefined;
  // who answers when this provider does not
  const others = remotes
    .filter((name) => name !== provider)
    .flatMap((name) => models.providers[name]?.(ownDefaults[name]) ?? []);
  return { llm: modelLlm(client, others), client, provider, model };
}

/** The default model; else another provider that is set up; else the offline mode. */
function makeDefault(models: Models): Omit<Chosen, "note"> {
  const { defaultModel } = models;
  // a name of a compatible server's own, like llama3
  const named = resolve(defaultModel) ?? { provider: "openai" as const, model: defaultModel };
  const others = remotes.map((provider) => ({
    provider,
    model: ownDefaults[provider],
  }));
  for (const candidate of [named, ...others]) {
    const made = make(candidate, models);
    if (made) return made;
  }
  return { llm: models.local, provider: "local", model: "local" };
}
