import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import * as v from "valibot";
import { ScanDoneEvent, ScanResult, ScanStageEvent } from "../../shared/contract/scan.ts";
import { endJob } from "../../shared/end-job.ts";
import { keys } from "../../shared/keys.ts";
import { until } from "../../shared/testing/until.ts";
import { fakeGemini, geminiErrors } from "../../tests/fakes/fake-gemini.ts";
import { fakeOpenAi, openAiErrors } from "../../tests/fakes/fake-openai.ts";
import type { SeenRequest } from "../../tests/fakes/fake-server.ts";
import { ServiceError } from "../graph/api-failure.ts";
import { fail } from "../../shared/apis/result.ts";
import { geminiClient } from "../llm/gemini.ts";
import { openaiClient } from "../llm/openai.ts";
import { type Logged, readLog } from "../testing/jobs.ts";
import { scanRig, told } from "../testing/scan-rig.ts";

const bottle = { middle: "무색페트병", item: "생수병", state: [], confidence: 0.95 };
const told3 = {
  steps: ["라벨을 떼세요.", "헹구세요.", "무색페트병 수거함에 넣어 주세요."],
  insufficiencies: [],
  user_answer: "라벨을 떼고 헹궈서 무색페트병 수거함에 넣어 주세요.",
};
const petty = { name: "페티", dialog: "안녕!", match_reason: "무색페트병>생수병", type: "재활용" };

let seenAs: unknown = bottle;
/** What is said before that. */
let firstSeenAs: unknown[] = [];
let toldAs: unknown = told3;
const reply = ({ text }: SeenRequest) => {
  const isLook = text.includes("사진에 보이는 버릴 물건");
  const said = isLook ? (firstSeenAs.shift() ?? seenAs) : toldAs;
  return { text: typeof said === "string" ? said : JSON.stringify(said) };
};
const openai = fakeOpenAi(reply);
const gemini = fakeGemini(reply);
afterAll(() => Promise.all([openai.stop(), gemini.stop()]));
beforeEach(() => {
  seenAs = bottle;
  firstSeenAs = [];
  toldAs = told3;
  openai.trouble(undefined);
  gemini.trouble(undefined);
});
const withOpenAi = () =>
  openaiClient({ key: "k", baseUrl: openai.baseUrl, model: "gpt-5.2", retries: 0 });
const withGemini = () =>
  geminiClient({ key: "k", baseUrl: gemini.baseUrl, model: "gemini-3-flash-preview", retries: 0 });
const looks = (of: { readonly seen: readonly SeenRequest[] }) =>
  of.seen.filter(({ text }) => text.includes("사진에 보이는 버릴 물건")).length;

const rig = scanRig();
const resultOf = (log: readonly Logged[]) =>
  v.parse(v.strictObject(ScanResult.entries), log.at(-1)?.data["result"]);

const whole = [
  "queued started 0",
  "queued completed 1",
  "vision started 10",
  "vision completed 11",
  "rule started 20",
  "rule completed 21",
  "answer started 30",
  "answer completed 31",
  "reward started 40",
  "reward completed 41",
  "done completed 51",
];

describe.each([
  { name: "openai", server: openai, client: withOpenAi },
  { name: "google", server: gemini, client: withGemini },
])("by $name", ({ server, client }) => {
  test("a picture goes through every stage once, in order", async () => {
    const job = await rig.accept();
    const given: unknown[] = [];
    const reward = async (user: string, found: unknown) => {
      given.push([user, found]);
      return petty;
    };
    const run = await rig.attempt(job, { model: client(), tools: { reward } });
    expect(await run.ended).toBe("ended");
    const log = await rig.log(job);
    expect(told(log)).toEqual(whole);
    expect(log.map(({ data }) => data["progress"])).toEqual([
      0, 0, 0, 25, 25, 50, 50, 75, 75, 100, 100,
    ]);
    for (const { data } of log.slice(1, -1)) v.parse(v.strictObject(ScanStageEvent.entries), data);
    v.parse(v.strictObject(ScanDoneEvent.entries), log.at(-1)?.data);
    const { pipeline_result: found, reward: shown, status } = resultOf(log);
    expect(status).toBe("completed");
    expect(found?.classification_result.classification).toEqual({
      major_category: "재활용폐기물",
      middle_category: "무색페트병",
      minor_category: "생수병",
    });
    expect(found?.disposal_rules?.name).toBe("재활용폐기물_무색페트병");
    expect(Object.keys(found?.final_answer.disposal_steps ?? {})).toEqual([
      "단계1",
      "단계2",
      "단계3",
    ]);
    expect(shown).toEqual(petty);
    expect(given).toEqual([
      [
        job.user_id,
        {
          classification: {
            major_category: "재활용폐기물",
            middle_category: "무색페트병",
            minor_category: "생수병",
          },
          hasRules: true,
          insufficiencies: [],
        },
      ],
    ]);
    // what is polled is what `done` told, set in the same step
    expect(JSON.parse((await rig.redis.get(keys.state(job.job_id))) ?? "")).toEqual(
      log.at(-1)?.data,
    );
  });

  test("an answer that is no JSON is asked for once more, and then the scan fails", async () => {
    seenAs = "병이네요";
    const before = looks(server);
    const job = await rig.accept();
    const run = await rig.attempt(job, { model: client() });
    expect(await run.ended).toBe("ended");
    const log = await rig.log(job);
    expect(told(log)).toEqual([...whole.slice(0, 3), "vision failed 12", "done completed 51"]);
    expect(resultOf(log)).toMatchObject({
      status: "failed",
      pipeline_result: null,
      reward: null,
      error: { code: "VISION_FAILED" },
    });
    expect(looks(server) - before).toBe(2);
  });

  test("one broken answer is repaired", async () => {
    const before = looks(server);
    const job = await rig.accept();
    firstSeenAs = [{ middle: "병" }];
    await (
      await rig.attempt(job, { model: client() })
    ).ended;
    expect(resultOf(await rig.log(job)).status).toBe("completed");
    expect(looks(server) - before).toBe(2);
  });

  test.each([
    {
      name: "too many requests",
      trouble: server === openai ? openAiErrors.rateLimit("1") : geminiErrors.exhausted("1s"),
    },
    { name: "HTML", trouble: "html" as const },
    { name: "a cut body", trouble: "cut" as const },
  ])("$name: tried twice more, then failed", async ({ trouble }) => {
    const before = server.seen.length;
    server.trouble(trouble, 3);
    const job = await rig.accept();
    await (
      await rig.attempt(job, { model: client() })
    ).ended;
    expect(resultOf(await rig.log(job)).error?.code).toBe("VISION_FAILED");
    expect(server.seen.length - before).toBe(3);
  });

  test("trouble that passes costs a try, and what cannot be told by the model is composed", async () => {
    server.trouble("html", 1);
    toldAs = "no json";
    const job = await rig.accept();
    await (
      await rig.attempt(job, { model: client() })
    ).ended;
    const { pipeline_result: found, status } = resultOf(await rig.log(job));
    expect(status).toBe("completed");
    expect(found?.final_answer.disposal_steps["단계1"]).toContain("비우");
  });

  test("a model that hangs is given up in its time", async () => {
    server.trouble("hang", 1);
    const job = await rig.accept();
    await (
      await rig.attempt(job, { model: client() })
    ).ended;
    expect(resultOf(await rig.log(job)).error?.code).toBe("VISION_FAILED");
  });
});

test("without a key a picture alone fails plainly", async () => {
  const job = await rig.accept();
  await (
    await rig.attempt(job)
  ).ended;
  expect(resultOf(await rig.log(job))).toMatchObject({
    status: "failed",
    error: { code: "VISION_NOT_CONFIGURED" },
  });
  expect(await rig.redis.hget(keys.job(job.job_id), "status")).toBe("failed");
});

test("without a key what the person wrote is classified, state and all", async () => {
  const job = await rig.accept({ message: "라벨 안 뗀 생수병" });
  await (
    await rig.attempt(job)
  ).ended;
  const { pipeline_result: found, reward } = resultOf(await rig.log(job));
  expect(found?.classification_result.classification.middle_category).toBe("무색페트병");
  expect(found?.classification_result.meta.user_input).toBe("라벨 안 뗀 생수병");
  expect(found?.final_answer.disposal_steps["단계1"]).toBeTruthy();
  expect(reward).toBeNull();
});

test("a dangerous state is warned of in our own words, and earns nothing", async () => {
  seenAs = { middle: "전지", item: "보조배터리", state: ["발열_OR탄화_흔적"], confidence: 0.9 };
  const job = await rig.accept();
  const given: string[][] = [];
  const reward = async (_: string, { insufficiencies }: { insufficiencies: readonly string[] }) => (
    given.push([...insufficiencies]),
    null
  );
  const before = openai.seen.length;
  await (
    await rig.attempt(job, { model: withOpenAi(), tools: { reward } })
  ).ended;
  const { pipeline_result: found } = resultOf(await rig.log(job));
  const { disposal_steps: steps, user_answer } = found?.final_answer ?? { disposal_steps: {} };
  expect(Object.values(steps).at(-1)).toContain("물어보세요");
  expect(Object.values(steps).length).toBeGreaterThan(1);
  expect(user_answer).not.toContain("내놓아 주세요");
  expect(given[0]?.length).toBeGreaterThan(0);
  expect(openai.seen.length - before).toBe(1);
});

test("a state that sends a thing elsewhere is told, and is something left undone", async () => {
  const job = await rig.accept({ message: "깨진 소주병" });
  await (
    await rig.attempt(job)
  ).ended;
  const found = resultOf(await rig.log(job)).pipeline_result;
  const { disposal_rules: rules, final_answer: answer } = found ?? {};
  const isElsewhere = rules?.reroute ?? rules?.name;
  expect(isElsewhere).toBe("불연성종량제폐기물");
  expect(answer?.user_answer).toContain("불연성종량제폐기물");
});

test("what nobody can name has no rule, and says so", async () => {
  seenAs = { middle: "미분류", state: [], confidence: 0.1 };
  const job = await rig.accept();
  await (
    await rig.attempt(job, { model: withOpenAi() })
  ).ended;
  const { pipeline_result: found, status } = resultOf(await rig.log(job));
  expect(status).toBe("completed");
  expect(found?.disposal_rules).toBeNull();
  expect(found?.final_answer).toMatchObject({ disposal_steps: {} });
  expect(found?.final_answer.insufficiencies).toHaveLength(1);
});

test("a minor category is never null, and no model's text carries a link or a second line", async () => {
  seenAs = { middle: "종이", item: null, state: ["없는 상태", "기름기_오염"], confidence: 0.9 };
  toldAs = {
    ...told3,
    user_answer: "여기를 보세요:\n[공지](https://evil.example/x) ![](http://evil.example/p)",
  };
  const job = await rig.accept();
  await (
    await rig.attempt(job, { model: withOpenAi() })
  ).ended;
  const found = resultOf(await rig.log(job)).pipeline_result;
  expect(found?.classification_result.classification.minor_category).toBe("종이");
  expect(found?.classification_result.situation_tags).toEqual(["기름기_오염"]);
  expect(found?.final_answer.user_answer).not.toMatch(/\n|\]\(/);
});

test("a picture that cannot be had is the picture's fault", async () => {
  const fetchImage = () =>
    Promise.reject(new ServiceError(fail("invalid_request", "image: HTTP 404")));
  const job = await rig.accept();
  await (
    await rig.attempt(job, { model: withOpenAi(), tools: { fetchImage } })
  ).ended;
  expect(resultOf(await rig.log(job)).error?.code).toBe("IMAGE_UNAVAILABLE");
});

test.each([
  { client: withOpenAi, code: "IMAGE_TYPE_NOT_SEEN" },
  { client: withGemini, code: undefined },
])(
  "a HEIC picture is refused only where the model does not see it: $code",
  async ({ client, code }) => {
    const fetchImage = async () => ({ bytes: new Uint8Array([1]), mimeType: "image/heic" });
    const job = await rig.accept();
    await (
      await rig.attempt(job, { model: client(), tools: { fetchImage } })
    ).ended;
    expect(resultOf(await rig.log(job)).error?.code).toBe(code as string);
  },
);

test("a reward that cannot be given is null, and the scan is done", async () => {
  const reward = () => Promise.reject(new Error("the database is away"));
  const job = await rig.accept();
  await (
    await rig.attempt(job, { model: withOpenAi(), tools: { reward } })
  ).ended;
  const log = await rig.log(job);
  expect(told(log)).toEqual(whole);
  expect(log.at(-1)?.data["result"]).toHaveProperty("reward", null);
});

test.each(["vision", "rule", "answer", "reward"] as const)(
  "a worker that dies in %s is followed by one that goes on there: no stage twice, one look, one gift",
  async (dies) => {
    const before = looks(openai);
    const job = await rig.accept();
    let gifts = 0;
    const reached = Promise.withResolvers<void>();
    /** Hangs for ever where the worker dies, like the work of a process that is gone. */
    const hangs = (stage: string) => {
      if (stage !== dies) return undefined;
      reached.resolve();
      return new Promise<never>(() => {});
    };
    const slow = withOpenAi();
    const dying = await rig.attempt(job, {
      model: {
        ...slow,
        vision: (request, signal) => hangs("vision") ?? slow.vision(request, signal),
        json: (request, signal) => hangs("answer") ?? slow.json(request, signal),
      },
      tools: {
        reward: () => hangs("reward") ?? Promise.resolve(petty),
        ...(dies === "rule" && {
          retrieval: {
            find: () => [],
            // synchronous work cannot hang: the worker dies right before it keeps what it found
            retrieveByClass: () => {
              reached.resolve();
              dying.kill();
              return undefined;
            },
          },
        }),
      },
    });
    await reached.promise;
    dying.kill();
    expect(await dying.ended).toBe("lost");
    const next = await rig.attempt(job, {
      model: withOpenAi(),
      tools: { reward: async () => (gifts++, petty) },
    });
    expect(await next.ended).toBe("ended");
    const log = await rig.log(job);
    expect(told(log)).toEqual(whole);
    expect(looks(openai) - before).toBe(1);
    expect(gifts).toBe(1);
    expect(resultOf(log).pipeline_result?.disposal_rules?.name).toBe("재활용폐기물_무색페트병");
  },
);

test("what an older version kept and nobody can read is done again", async () => {
  const job = await rig.accept();
  await rig.redis.set(keys.scanCheckpoint(job.job_id, "vision"), '{"old":true}');
  await rig.redis.set(keys.scanCheckpoint(job.job_id, "rule"), "null");
  await (
    await rig.attempt(job, { model: withOpenAi() })
  ).ended;
  expect(resultOf(await rig.log(job)).pipeline_result?.disposal_rules).not.toBeNull();
});

test("a frozen worker that wakes writes nothing: no event, no checkpoint, no second result", async () => {
  const job = await rig.accept();
  const gate = Promise.withResolvers<void>();
  const slow = withOpenAi();
  const frozen = await rig.attempt(job, {
    model: {
      ...slow,
      vision: async (request, signal) => (await gate.promise, slow.vision(request, signal)),
    },
  });
  await until(async () => told(await rig.log(job)).includes("vision started 10"));
  const next = await rig.attempt(job, { model: withOpenAi() });
  await next.ended;
  const before = await readLog(rig.redis, job.job_id);
  gate.resolve();
  expect(await frozen.ended).not.toBe("lost");
  expect(await readLog(rig.redis, job.job_id)).toEqual(before);
});

test("a scan past its time ends visibly", async () => {
  const job = await rig.accept();
  const slow = withOpenAi();
  const hanging = { ...slow, vision: () => new Promise<never>(() => {}) };
  await (
    await rig.attempt(job, { model: hanging, msLeft: 60 })
  ).ended;
  expect(resultOf(await rig.log(job))).toMatchObject({
    status: "failed",
    error: { code: "TIMEOUT" },
  });
});

test("whoever ends a scan from outside ends it as a scan", async () => {
  const job = await rig.accept();
  await endJob(rig.redis, job.job_id, "failed", "ATTEMPTS_EXHAUSTED");
  const log = await rig.log(job);
  expect(told(log)).toEqual(["queued started 0", "done completed 51"]);
  expect(resultOf(log)).toMatchObject({ status: "failed", error: { code: "ATTEMPTS_EXHAUSTED" } });
});
