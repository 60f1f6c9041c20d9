import * as v from "valibot";
import type { Handle } from "../deps.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";

const categories = [
  {
    id: "recyclable",
    name: "recyclable",
    display_name: "재활용폐기물",
    instructions: [
      "안에 든 것을 비우고 물로 헹궈요.",
      "라벨과 뚜껑, 테이프처럼 재질이 다른 것은 떼어 내요.",
      "종이, 플라스틱, 비닐, 유리, 금속을 나눠 내놓아요.",
    ],
  },
  {
    id: "general",
    name: "general",
    display_name: "일반 쓰레기",
    instructions: [
      "재활용할 수 없거나 씻어도 더러운 것은 종량제봉투에 담아요.",
      "깨진 유리와 도자기는 불연성 봉투에 담고, 날카로운 곳을 감싸요.",
    ],
  },
  {
    id: "food",
    name: "food",
    display_name: "음식물 쓰레기",
    instructions: [
      "물기를 빼고 비닐이나 이쑤시개를 골라내요.",
      "껍데기, 뼈, 씨앗처럼 단단한 것은 일반 쓰레기로 버려요.",
    ],
  },
  {
    id: "bulky",
    name: "bulky",
    display_name: "대형폐기물",
    instructions: [
      "구청 누리집이나 주민센터에 먼저 신고하고 수수료를 내요.",
      "받은 스티커나 번호를 붙여 정해진 날 정해진 곳에 내놓아요.",
      "가전제품은 무상 방문 수거를 부를 수 있어요.",
    ],
  },
] as const;

/** GET the kinds of waste a scan tells apart, for people. */
export const scanCategories: Handle = (c) => c.json(categories);

export const scanCategoriesDoc: RouteDoc = {
  summary: "The kinds of waste",
  tag: "scan",
  answers: {
    200: {
      about: "each with what to do, for people",
      body: v.array(
        v.object({
          id: v.string(),
          name: v.string(),
          display_name: v.string(),
          instructions: v.array(v.string()),
        }),
      ),
    },
  },
};
