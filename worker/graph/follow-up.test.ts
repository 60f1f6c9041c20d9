import { expect, test } from "bun:test";
import * as v from "valibot";
import { systemClock } from "../../shared/clock.ts";
import { intents } from "../../shared/contract/stages.ts";
import { bound } from "../../shared/testing/bound.ts";
import { resolve, thingsBy } from "./follow-up.ts";
import cases from "./intent/cases.yaml";
import { knownBy } from "./intent/intent.ts";
import { decide } from "./intent/split.ts";
import type { Topic } from "./state.ts";
import { createTools } from "./tools.ts";

const tools = createTools(systemClock);
const known = knownBy(tools);
const thingsIn = thingsBy(
  known,
  tools.knowledge.characters.map(({ name }) => name),
);
const topic = (intent: Topic["intent"], ask: string, ...things: string[]): Topic => ({
  job: ask,
  intent,
  things,
  ask,
});
const bottle = topic("waste", "페트병 어떻게 버려?", "페트병");
const sofa = topic("bulk_waste", "소파 버리려면?", "소파");
const rain = topic("weather", "내일 서울 비 와?");
const shop = topic("location", "근처 제로웨이스트샵 알려줘");

test.each([
  { after: [bottle], says: "그럼 뚜껑은?", means: "페트병 뚜껑 어떻게 버려?" },
  { after: [bottle], says: "그건 어디에 버려?", means: "페트병 어디에 버려?" },
  { after: [bottle], says: "아까 말한 거 말고 유리병은?", means: "유리병 어떻게 버려?" },
  { after: [bottle], says: "페트병 말고 캔은요?", means: "캔 어떻게 버려?" },
  { after: [bottle, sofa], says: "수수료는 얼마야?", means: "소파 수수료는 얼마야?" },
  { after: [bottle, sofa], says: "둘 다 재활용 돼?", means: "페트병, 소파 재활용 돼?" },
  { after: [bottle, sofa], says: "맨 처음 물어본 거 다시 알려줘", means: "페트병 어떻게 버려?" },
  { after: [shop], says: "거기 말고", means: "다른 곳 제로웨이스트샵 알려줘" },
  { after: [shop, bottle], says: "더 가까운 곳은?", means: "더 가까운 제로웨이스트샵 알려줘" },
  { after: [rain], says: "모레는?", means: "모레 서울 비 와?" },
  { after: [rain], says: "왜?", means: "내일 서울 비 와?" },
  { after: [bottle], says: "고마워", means: "고마워" },
  { after: [bottle], says: "우주선 조종간 버리는 법", means: "우주선 조종간 버리는 법" },
  { after: [bottle], says: "소파 버리려면 어떻게 해?", means: "소파 버리려면 어떻게 해?" },
  { after: [], says: "그건 어디에 버려?", means: "그건 어디에 버려?" },
  { after: [bottle], says: "", means: "" },
])("$says means $means", ({ after, says, means }) => {
  expect(resolve(says, after, thingsIn).text).toBe(means);
});

test.each([bottle, sofa, rain, shop])("what stands alone is left alone after $ask", (before) => {
  const Cases = v.object({
    records: v.array(v.object({ says: v.string(), intents: v.array(v.picklist(intents)) })),
  });
  const { records } = v.parse(Cases, cases);
  const changed = records.filter(({ says }) => resolve(says, [before], thingsIn).isFollowUp);
  // bare names, bare question words, and sentences that name no thing: they do lean on what came before
  expect(changed.length).toBeLessThanOrEqual(records.length * 0.02);
});

test("a message of 10,000 characters takes no time", () => {
  const at = performance.now();
  for (const text of ["그거 ".repeat(3333), "말고 ".repeat(3333), `${"가".repeat(9999)}에`]) {
    resolve(text, [bottle], () => []);
  }
  expect(performance.now() - at).toBeLessThan(bound(500));
  expect(decide("그건 어디에 버려?", known).intents).toEqual(["waste"]);
});
