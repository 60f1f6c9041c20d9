import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import postgres from "postgres";
import { percentile } from "../bench/figures.ts";
import { bound } from "../shared/testing/bound.ts";
import { until } from "../shared/testing/until.ts";
import { Client } from "./client.ts";
import { Photographer, toldOf } from "./photographer.ts";
import { type SeeingModel, seeingModel } from "./seeing-model.ts";
import { type RunningStack, startStack } from "./stack.ts";

let stack: RunningStack;
let sql: postgres.Sql;
const model: SeeingModel = seeingModel();
let person: Photographer;

beforeAll(async () => {
  stack = await startStack([], { OPENAI_API_KEY: "k", OPENAI_BASE_URL: model.baseUrl });
  sql = postgres(stack.file().services.postgres.url, { max: 2, onnotice: () => {} });
}, 120_000);
beforeEach(() => {
  model.trouble(undefined);
  person = newPerson();
});
afterAll(async () => {
  await sql?.end({ timeout: 5 });
  await stack?.stop();
  await model.stop();
}, 60_000);

const newPerson = () => new Photographer(stack.file(), new Client(stack.file()));
const charactersOf = async (user: string) =>
  (
    await sql<{ name: string; code: string }[]>`
    select character_name as name, character_code as code
    from users.user_characters where user_id = ${user} and source = 'scan'`
  ).map(({ name }) => name);

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

test("a photo becomes four stages, an answer and a character", async () => {
  const scanned = await person.scan(await person.upload());
  const heard = toldOf(scanned.heard);
  // who connects late is told what is left; nothing comes twice, and nothing without a name
  expect(heard).toEqual(whole.slice(whole.length - heard.length));
  expect(scanned.unnamed).toBe(0);
  expect(scanned.result).toMatchObject({
    task_id: scanned.jobId,
    status: "completed",
    pipeline_result: {
      classification_result: {
        classification: {
          major_category: "재활용폐기물",
          middle_category: "무색페트병",
          minor_category: "생수병",
        },
      },
      disposal_rules: { name: "재활용폐기물_무색페트병" },
      final_answer: { disposal_steps: { 단계1: "내용물을 비우고 헹구세요." }, insufficiencies: [] },
    },
    reward: { name: "페티", match_reason: "무색페트병>생수병" },
    error: null,
  });
  expect(await charactersOf(person.user)).toEqual(["페티"]);
  const owned = (await (await person.call("GET", "/api/v1/users/me/characters")).json()) as {
    name: string;
  }[];
  expect(owned.map(({ name }) => name)).toContain("페티");
});

test("a foreign scan is unknown", async () => {
  const { jobId } = await person.scan(await person.upload());
  const other = newPerson();
  expect((await other.call("GET", `/api/v1/scan/${jobId}/result`)).status).toBe(404);
  expect((await other.call("GET", `/api/v1/scan/${jobId}/events`)).status).toBe(404);
  expect((await other.call("GET", `/api/v1/chat/${jobId}/events`)).status).toBe(404);
});

test("a client that lost its stream polls to the result", async () => {
  const image_url = await person.upload();
  const { result_url } = (await (
    await person.call("POST", "/api/v1/scan", { image_url })
  ).json()) as { result_url: string };
  const statuses: number[] = [];
  await until(
    async () => {
      const answer = await person.call("GET", result_url);
      statuses.push(answer.status);
      return answer.status === 200;
    },
    { timeoutMs: 20_000, what: "the result" },
  );
  expect(statuses.every((status) => status === 202 || status === 200)).toBe(true);
});

test("ten posts with one key are one job and one look", async () => {
  const image_url = await person.upload();
  const before = model.looks();
  const headers = { "x-idempotency-key": "photo" };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => person.call("POST", "/api/v1/scan", { image_url }, headers)),
  );
  const ids = await Promise.all(
    answers.map(async (answer) => ((await answer.json()) as { job_id: string }).job_id),
  );
  expect(new Set(ids).size).toBe(1);
  await until(
    async () => (await person.call("GET", `/api/v1/scan/${ids[0]}/result`)).status === 200,
    { timeoutMs: 20_000, what: "the result" },
  );
  expect(model.looks() - before).toBe(1);
});

test("a model that fails ends the scan at once, and the stream says done", async () => {
  model.trouble("html");
  const { heard, result } = await person.scan(await person.upload());
  expect(toldOf(heard).slice(-2)).toEqual(["vision failed 12", "done completed 51"]);
  expect(heard.at(-1)?.data).toMatchObject({ result: { status: "failed" } });
  expect(result).toMatchObject({
    status: "failed",
    pipeline_result: null,
    reward: null,
    error: { code: "VISION_FAILED" },
  });
}, 30_000);

test("a worker killed in the middle: no second look, no stage twice, one character", async () => {
  const looks = model.looks();
  const tells = model.tells();
  model.hangAfterLook(); // the attempt that dies waits for its answer
  const scanning = person.scan(await person.upload());
  scanning.catch(() => {}); // looked at below
  await until(() => model.tells() > tells, { timeoutMs: 10_000, what: "the question" });
  const killed = stack.file().pids.workers[0];
  if (killed === undefined) throw new Error("there is no worker");
  process.kill(killed, "SIGKILL");
  const { heard, result } = await scanning;
  const told = toldOf(heard);
  expect(new Set(told).size).toBe(told.length);
  expect(told).toEqual(whole.slice(whole.length - told.length));
  expect(result).toMatchObject({ status: "completed", reward: { name: "페티" } });
  expect(model.looks() - looks).toBe(1);
  expect(await charactersOf(person.user)).toEqual(["페티"]);
}, 90_000);

test("ours of a scan, beyond the model: at most 60 ms", async () => {
  const image_url = await person.upload();
  const samples: number[] = [];
  for (let i = 0; i < 30; i++) {
    samples.push((await newPerson().scan(image_url)).ms);
  }
  const [p50, p95] = [percentile(samples, 0.5), percentile(samples, 0.95)];
  console.log(`scan overhead, 30 scans: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
  expect(p50).toBeLessThanOrEqual(bound(60));
}, 60_000);
