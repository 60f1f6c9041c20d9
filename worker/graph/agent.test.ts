import { expect, test } from "bun:test";
import { systemClock } from "../../shared/clock.ts";
import type { AgentJob } from "../../shared/contract/job.ts";
import { says } from "../../shared/testing/says.ts";
import type { Llm, Prompt } from "../llm/llm.ts";
import { newJob } from "../testing/jobs.ts";
import { quietRun } from "../testing/quiet-run.ts";
import { buildAgent } from "./graph.ts";
import { createProgress } from "./progress.ts";
import type { Tools } from "./run-context.ts";
import { createTools } from "./tools.ts";

async function ask(
  message: string,
  given: {
    llm?: Llm;
    job?: Partial<AgentJob>;
    services?: Tools["services"];
    vision?: Tools["vision"];
  } = {},
) {
  const agent = buildAgent(
    createTools(systemClock, { services: given.services ?? {}, vision: given.vision }),
  );
  const progress = createProgress(0);
  const stages: string[] = [];
  const results: Record<string, Record<string, unknown>> = {};
  let text = "";
  const run = quietRun({
    job: newJob({ message, ...given.job }),
    ...(given.llm && { llm: given.llm }),
    stage: (stage, status, result) => {
      stages.push(`${stage} ${status}`);
      if (result) results[`${stage} ${status}`] = result;
      progress.at(stage, status);
    },
    plan: (count) => progress.plan(count),
    token: (token) => {
      text += token;
    },
  });
  const state = await agent(run);
  return { state, text, stages, results };
}

test.each([
  { says: "페트병 어떻게 버려?", has: ["라벨", "뚜껑", "투명페트병", "오프라인 모드", "출처"] },
  { says: "종이 버리는 법이랑 수거함도 알려줘", has: ["골판지", "종이 내놓는 곳", "주민센터"] },
  { says: "보조배터리 버리는 법", has: ["불이 날 수 있어요", "테이프", "전용수거함"] },
  { says: "냉장고 버리는 법", has: ["1599-0903", "무상방문수거"] },
  {
    says: "소파 버리려면?",
    has: ["대형폐기물", "스티커", "수수료 조회는 아직 설정되어 있지 않아요"],
  },
  { says: "고철 시세 알려줘", has: ["철스크랩", "원/kg", "조사 자료가 들어 있지 않아"] },
  { says: "이코는 누구야?", has: ["이코", "대표 캐릭터"] },
  { says: "근처 제로웨이스트샵 알려줘", has: ["장소 검색은 아직 설정되어 있지 않아요"] },
  { says: "내일 비 와?", has: ["날씨 정보는 아직 설정되어 있지 않아요"] },
  { says: "이코 그려줘", has: ["그림 만들기는 아직 설정되어 있지 않아요"] },
  { says: "안녕", has: ["안녕하세요", "오프라인 모드"] },
  { says: "우주선 조종간 버리는 법", has: ["찾지 못했어요", "주민센터"] },
])("$says is answered offline with $has", async ({ says: message, has }) => {
  const { text } = await ask(message);
  for (const part of has) expect(text).toContain(part);
  expect(text).not.toContain("undefined");
});

test("an extra that is not set up stays silent", async () => {
  const { text, stages } = await ask("페트병 어떻게 버려?");
  expect(stages).toContain("weather skipped");
  expect(text).not.toContain("날씨");
});

test("the aggregator waits for the longest path and runs once", async () => {
  const { stages } = await ask("종이 버리는 법이랑 수거함도 알려줘");
  expect(stages.filter((stage) => stage === "aggregator started")).toHaveLength(1);
  expect(stages.indexOf("feedback completed")).toBeLessThan(stages.indexOf("aggregator started"));
});

test("a message with two questions sends each node its own part", async () => {
  const { state, results } = await ask("종이 버리는 법이랑 수거함도 알려줘");
  expect(state.intent).toBe("waste");
  expect(state.additional_intents).toEqual(["collection_point"]);
  expect(results["intent completed"]).toMatchObject({
    has_multi_intent: true,
    decomposed_queries: ["종이 버리는 법이랑", "수거함도 알려줘"],
  });
  expect(results["aggregator completed"]).toEqual({
    collected: ["disposal_rules", "collection_point_context"],
    needs_fallback: false,
  });
});

test("a service that is set up is asked, and what it says is in the prompt", async () => {
  const prompts: Prompt[] = [];
  const llm: Llm = (prompt, signal) => {
    prompts.push(prompt);
    return says("맑아요")(prompt, signal);
  };
  const services = { weather: async () => ({ title: "날씨", lines: ["서울 맑음 21도"] }) };
  const { text, stages } = await ask("오늘 서울 날씨 어때?", { llm, services });
  expect(stages).toContain("weather completed");
  expect(prompts[0]?.sections).toContainEqual({ title: "날씨", text: "서울 맑음 21도" });
  expect(prompts[0]?.system).toContain("존댓말");
  expect(text).toBe("맑아요");
});

test("when something required is missing, the web is asked once", async () => {
  let asked = 0;
  const services = { web_search: async () => (asked++, { title: "웹", lines: ["찾은 글"] }) };
  const { stages, text, state } = await ask("우주선 조종간 버리는 법", { services });
  expect(stages).toContain("aggregator fallback");
  expect([asked, state.fallback_used, state.needs_fallback]).toEqual([1, true, true]);
  expect(text).toContain("찾은 글");
});

test("a picture nobody can look at is said so, and the words are answered", async () => {
  const { text, stages } = await ask("이 페트병 어떻게 버려?", {
    job: { image_url: "https://example.org/a.jpg" },
  });
  expect(stages).toContain("vision failed");
  expect(text).toContain("사진 인식은 아직 설정되어 있지 않아요");
  expect(text).toContain("투명페트병");
});

test("what a picture shows is found by its class", async () => {
  const job = { image_url: "https://example.org/a.jpg" };
  const { state, stages } = await ask("이거 뭐로 분리해?", { job, vision: async () => "유리병" });
  expect(stages).toContain("vision completed");
  expect(state.disposal_rules?.data?.advice[0]?.middle).toBe("유리병");
});
