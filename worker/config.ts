import { hostname } from "node:os";
import * as v from "valibot";
import { envFlag, envInteger, envUrl, readEnv, envRedisUrl, envNamespace } from "../shared/env.ts";
import { worker as limits } from "../shared/limits.ts";
import { logLevels } from "../shared/log.ts";
import { newsCategories } from "../shared/news/article.ts";
import { imageEnv, ownImages } from "./images/settings.ts";
import { PolicyOverrides, policiesWith } from "./graph/policies.ts";

const Redis = envRedisUrl();
const Key = v.optional(v.string());
const BaseUrl = v.optional(envUrl("http", "https"));
const dollars = v.pipe(v.number(), v.minValue(0));
const TokenPrices = v.pipe(
  v.string(),
  v.parseJson(undefined, "must be JSON"),
  v.record(v.string(), v.strictObject({ input: dollars, cachedInput: dollars, output: dollars })),
);

const Share = v.pipe(v.string(), v.toNumber(), v.minValue(0), v.maxValue(1));
const Dollars = v.pipe(v.string(), v.toNumber(), v.minValue(0));

/** `category|url` or `url`, with commas; `off`: none. */
const Feeds = v.pipe(
  v.string(),
  v.transform((list) =>
    list === "off"
      ? []
      : list.split(",").map((one) => {
          const [first = "", second] = one.trim().split("|");
          return second === undefined
            ? { url: first, category: undefined }
            : { url: second, category: first };
        }),
  ),
  v.check(
    (feeds) =>
      feeds.every(
        ({ url, category }) =>
          /^https?:\/\//.test(url) &&
          URL.canParse(url) &&
          (category === undefined || newsCategories.some((known) => known === category)),
      ),
    `must be off, or a comma list of url or category|url (${newsCategories.join(", ")})`,
  ),
);

const Config = v.pipe(
  v.object({
    REDIS_STREAMS_URL: Redis,
    REDIS_PUBSUB_URL: Redis,
    REDIS_CACHE_URL: v.optional(Redis),
    RABBITMQ_URL: envUrl("amqp", "amqps"),
    DATABASE_URL: envUrl("postgres", "postgresql"),
    ADMIN_PORT: v.optional(envInteger(0, 65_535), "9102"),
    LOG_LEVEL: v.optional(v.picklist(logLevels), "info"),
    INSTANCE: v.optional(v.pipe(v.string(), v.maxLength(128))),
    CHAT_WORKER_CONCURRENCY: v.optional(envInteger(1, limits.jobsAtOnce), "30"),
    CHAT_WORKER_MEMORY_MB: v.optional(envInteger(64, 65_536)),
    REWARD_FEATURE_ENABLED: envFlag(true),
    DEV_ACCOUNTS: envFlag(false),
    CHAT_DEFAULT_MODEL: v.optional(v.pipe(v.string(), v.maxLength(64)), "gpt-5.2"),
    OPENAI_API_KEY: v.optional(v.string()),
    OPENAI_BASE_URL: v.optional(envUrl("http", "https")),
    GOOGLE_API_KEY: v.optional(v.string()),
    GEMINI_API_KEY: v.optional(v.string()),
    GEMINI_BASE_URL: v.optional(envUrl("http", "https")),
    CHAT_LOCAL_PACE_MS: v.optional(envInteger(0, 1000), "12"),
    CACHE_NAMESPACE: v.optional(envNamespace(), "eco2"),
    NEWS_COLLECT: envFlag(true),
    NEWS_RSS_FEEDS: v.optional(Feeds),
    NAVER_SEARCH_CLIENT_ID: Key,
    NAVER_SEARCH_CLIENT_SECRET: Key,
    NAVER_SEARCH_BASE_URL: BaseUrl,
    NEWSDATA_API_KEY: Key,
    NEWSDATA_BASE_URL: BaseUrl,
    KAKAO_REST_API_KEY: Key,
    KAKAO_BASE_URL: BaseUrl,
    DATA_GO_KR_API_KEY: Key,
    KMA_API_KEY: Key,
    KMA_BASE_URL: BaseUrl,
    MOIS_API_KEY: Key,
    MOIS_BASE_URL: BaseUrl,
    KECO_API_KEY: Key,
    KECO_BASE_URL: BaseUrl,
    KECO_DATASET_ID: v.optional(v.pipe(v.string(), v.regex(/^uddi:[\w-]+$/, "must be uddi:…"))),
    TAVILY_API_KEY: Key,
    TAVILY_BASE_URL: BaseUrl,
    DUCKDUCKGO_BASE_URL: BaseUrl,
    CHAT_WORKER_WEB_SEARCH: v.optional(v.picklist(["tavily", "duckduckgo", "off"]), "tavily"),
    CHAT_WORKER_ENABLE_IMAGE_GENERATION: v.optional(v.picklist(["true", "false"]), "false"),
    ...imageEnv,
    CHAT_WORKER_POLICIES: v.optional(PolicyOverrides, "{}"),
    CHAT_WORKER_TOKEN_PRICES: v.optional(TokenPrices, "{}"),
    CHAT_WORKER_LINK_HOSTS: v.optional(v.string(), ""),
    HITL_TIMEOUT_SECONDS: v.optional(envInteger(1, 600), "60"),
    CHAT_WORKER_ENABLE_EVAL_PIPELINE: v.optional(v.picklist(["true", "false"]), "true"),
    CHAT_WORKER_EVAL_SAMPLE_RATE: v.optional(Share, "1"),
    CHAT_WORKER_EVAL_MODEL: v.optional(v.pipe(v.string(), v.maxLength(64)), "gpt-4o-mini"),
    CHAT_WORKER_EVAL_DAILY_USD: v.optional(Dollars, "50"),
    CHAT_WORKER_EVAL_REGENERATION_ENABLED: v.optional(v.picklist(["true", "false"]), "false"),
  }),
  v.transform((env) => ({
    streamsUrl: env.REDIS_STREAMS_URL,
    pubsubUrl: env.REDIS_PUBSUB_URL,
    cacheUrl: env.REDIS_CACHE_URL ?? env.REDIS_PUBSUB_URL,
    rabbitUrl: env.RABBITMQ_URL,
    databaseUrl: env.DATABASE_URL,
    adminPort: env.ADMIN_PORT,
    logLevel: env.LOG_LEVEL,
    instance: env.INSTANCE ?? `${hostname()}-${process.pid}`,
    concurrency: env.CHAT_WORKER_CONCURRENCY,
    memoryMb: env.CHAT_WORKER_MEMORY_MB,
    defaultModel: env.CHAT_DEFAULT_MODEL,
    openai: { key: env.OPENAI_API_KEY, baseUrl: env.OPENAI_BASE_URL },
    google: { key: env.GOOGLE_API_KEY ?? env.GEMINI_API_KEY, baseUrl: env.GEMINI_BASE_URL },
    localPaceMs: env.CHAT_LOCAL_PACE_MS,
    cacheNamespace: env.CACHE_NAMESPACE,
    news: {
      isOn: env.NEWS_COLLECT,
      feeds: env.NEWS_RSS_FEEDS,
      naver: {
        clientId: env.NAVER_SEARCH_CLIENT_ID,
        clientSecret: env.NAVER_SEARCH_CLIENT_SECRET,
        baseUrl: env.NAVER_SEARCH_BASE_URL,
      },
      newsdata: { key: env.NEWSDATA_API_KEY, baseUrl: env.NEWSDATA_BASE_URL },
    },
    apis: {
      kakao: { key: env.KAKAO_REST_API_KEY, baseUrl: env.KAKAO_BASE_URL },
      kma: { key: env.KMA_API_KEY ?? env.DATA_GO_KR_API_KEY, baseUrl: env.KMA_BASE_URL },
      mois: { key: env.MOIS_API_KEY ?? env.DATA_GO_KR_API_KEY, baseUrl: env.MOIS_BASE_URL },
      keco: {
        key: env.KECO_API_KEY ?? env.DATA_GO_KR_API_KEY,
        baseUrl: env.KECO_BASE_URL,
        datasetId: env.KECO_DATASET_ID,
      },
      tavily: { key: env.TAVILY_API_KEY, baseUrl: env.TAVILY_BASE_URL },
      duckDuckGo: { baseUrl: env.DUCKDUCKGO_BASE_URL },
    },
    webSearch: env.CHAT_WORKER_WEB_SEARCH,
    images: { isEnabled: env.CHAT_WORKER_ENABLE_IMAGE_GENERATION === "true" },
    ownImages: ownImages(env),
    policies: policiesWith(env.CHAT_WORKER_POLICIES),
    tokenPrices: env.CHAT_WORKER_TOKEN_PRICES,
    linkHosts: env.CHAT_WORKER_LINK_HOSTS.split(",")
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== ""),
    rewardsEnabled: env.REWARD_FEATURE_ENABLED,
    devAccounts: env.DEV_ACCOUNTS,
    humanWaitMs: env.HITL_TIMEOUT_SECONDS * 1000,
    evals: {
      isEnabled: env.CHAT_WORKER_ENABLE_EVAL_PIPELINE === "true",
      sampleRate: env.CHAT_WORKER_EVAL_SAMPLE_RATE,
      model: env.CHAT_WORKER_EVAL_MODEL,
      usdPerDay: env.CHAT_WORKER_EVAL_DAILY_USD,
      answersAgain: env.CHAT_WORKER_EVAL_REGENERATION_ENABLED === "true",
    },
  })),
);
export type WorkerConfig = v.InferOutput<typeof Config>;

/** Throws one error that names every variable that is missing or wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): WorkerConfig {
  return readEnv(Config, env);
}

export const help = `worker: runs chat jobs

usage: bun worker/main.ts [--help]

environment
  REDIS_STREAMS_URL         job logs and shard streams (required)
  REDIS_PUBSUB_URL          news for workers (required)
  REDIS_CACHE_URL           caches and the chats' checkpoints (default: REDIS_PUBSUB_URL)
  RABBITMQ_URL              job queue (required)
  DATABASE_URL              PostgreSQL: copies of the checkpoints, earlier messages, grades (required)
  ADMIN_PORT                /live /ready /metrics (default 9102, 0 for any free one)
  LOG_LEVEL                 debug | info | warn | error (default info)
  INSTANCE                  name of this worker (default hostname-pid)
  CHAT_WORKER_CONCURRENCY   jobs run at once, 1 to 1000 (default 30)
  CHAT_WORKER_MEMORY_MB     no job begins above this resident memory, 64 to 65536 (default: 80 % of the
                            cgroup's limit, 1024 without one)
  CHAT_DEFAULT_MODEL        model of messages that name none (default gpt-5.2)
  OPENAI_API_KEY            answers by OpenAI; without any key the offline mode answers
  OPENAI_BASE_URL           a server that speaks the same protocol (Ollama, vLLM, llama.cpp)
  GOOGLE_API_KEY            answers by Gemini (GEMINI_API_KEY means the same)
  GEMINI_BASE_URL           another address for Gemini
  CHAT_LOCAL_PACE_MS        pause between words of the offline mode (default 12: a person sees them come)
  HITL_TIMEOUT_SECONDS      how long a question to the person waits, 1 to 600 (default 60)
  REWARD_FEATURE_ENABLED    false: scans earn no characters (default true)
  DEV_ACCOUNTS              true: makes accounts for users only a development token knows (default false)

outside services: without its key a service is not asked, and the answer says so
  KAKAO_REST_API_KEY        places and districts
  DATA_GO_KR_API_KEY        key of the public data portal, for the three below that have none of their own
  KMA_API_KEY               weather
  MOIS_API_KEY              household waste by district
  KECO_API_KEY              collection points; KECO_DATASET_ID names another snapshot (uddi:…)
  TAVILY_API_KEY            web search, after the search of the model itself
  CHAT_WORKER_WEB_SEARCH    tavily (default) | duckduckgo: that one too, it needs no key | off: none at all
  CHAT_WORKER_ENABLE_IMAGE_GENERATION
                            true | false (default); needs a model key and a store for pictures
  PUBLIC_API_BASE           where clients reach the gateway: pictures under it are read as our own
  IMAGE_CDN_BASE            where the store's pictures are read, when not there (S3)
  IMAGE_GATEWAY_BASE        the gateway inside our network (default: PUBLIC_API_BASE)
  IMAGE_SECRET              the gateway's: with it, made pictures can be stored
  KAKAO_BASE_URL, KMA_BASE_URL, MOIS_BASE_URL, KECO_BASE_URL, TAVILY_BASE_URL, DUCKDUCKGO_BASE_URL
                            other addresses, for tests and proxies

news: collected by one worker of all, into the table that GET /info/news reads
  NAVER_SEARCH_CLIENT_ID, NAVER_SEARCH_CLIENT_SECRET
                            Naver's news search, every 5 minutes
  NEWSDATA_API_KEY          NewsData.io, every half hour: 96 of its 200 free calls a day
  NEWS_RSS_FEEDS            feeds, with commas, as url or category|url; off: none. Default: three public Korean feeds
                            where no key above is set
  NEWS_COLLECT              true (default) | false: this worker collects nothing
  NAVER_SEARCH_BASE_URL, NEWSDATA_BASE_URL
                            other addresses, for tests and proxies
  CACHE_NAMESPACE           prefix of locks (default eco2): the same in all processes

limits
  CHAT_WORKER_POLICIES      JSON by node, what is not named keeps its default:
                            {"location": {"timeoutMs": 8000, "retries": 1, "breakAfter": 5, "failMode": "open",
                            "deadlineMs": 5000, "priority": 0, "atOnce": 64, "waiting": 256}}
                            failMode: open (go on without) | fallback (another way first) | close (the job fails)
  CHAT_WORKER_TOKEN_PRICES  JSON, US dollars per million tokens, for the cost estimate of a job:
                            {"gpt-5.2": {"input": 1, "cachedInput": 0.1, "output": 8}}
  CHAT_WORKER_LINK_HOSTS    hosts that links of answers may point to, with commas, besides public offices

grades of finished answers, off their way
  CHAT_WORKER_ENABLE_EVAL_PIPELINE
                            true (default) | false
  CHAT_WORKER_EVAL_SAMPLE_RATE
                            share of answers that are graded, 0 to 1 (default 1)
  CHAT_WORKER_EVAL_MODEL    who grades beside the code, when its provider has a key (default gpt-4o-mini)
  CHAT_WORKER_EVAL_DAILY_USD
                            what that may cost a day and worker (default 50); above it code grades alone
  CHAT_WORKER_EVAL_REGENERATION_ENABLED
                            true: a poor answer is given once more; every answer then waits for its grade
                            before its first word (default false)
`;
