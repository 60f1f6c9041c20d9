import type { Topology } from "../client/wire.ts";

const stage = (id: string, label_ko: string, label_en: string) =>
  ({ id, kind: "stage", label_ko, label_en }) as const;
const agent = (id: string, label_ko: string, label_en: string) =>
  ({ id, kind: "sub_agent", label_ko, label_en }) as const;

const agents = [
  agent("waste_rag", "분리배출 규칙", "Disposal rules"),
  agent("character", "캐릭터", "Character"),
  agent("location", "장소 찾기", "Places"),
  agent("bulk_waste", "대형폐기물", "Bulky waste"),
  agent("weather", "날씨", "Weather"),
  agent("recyclable_price", "재활용 시세", "Prices"),
  agent("collection_point", "수거함", "Collection"),
  agent("web_search", "웹 검색", "Web search"),
  agent("image_generation", "그림 그리기", "Drawing"),
  agent("general", "일반 대화", "Small talk"),
];

/** A drawing of an agent as the endpoint would give it; for tests only. */
export const topologyFixture: Topology = {
  nodes: [
    stage("intent", "의도 파악", "Intent"),
    stage("vision", "사진 분석", "Photo"),
    stage("router", "갈래 나누기", "Routing"),
    ...agents,
    stage("feedback", "결과 점검", "Check"),
    stage("aggregator", "모으기", "Gathering"),
    stage("summarize", "요약", "Summary"),
    stage("answer", "답변 쓰기", "Answer"),
  ],
  edges: [
    { from: "intent", to: "vision", conditional: true },
    { from: "intent", to: "router", conditional: true },
    { from: "vision", to: "router", conditional: false },
    ...agents.map(({ id }) => ({ from: "router", to: id, conditional: true })),
    ...agents.map(({ id }) => ({
      from: id,
      to: id === "waste_rag" ? "feedback" : "aggregator",
      conditional: false,
    })),
    { from: "feedback", to: "aggregator", conditional: false },
    { from: "aggregator", to: "summarize", conditional: true },
    { from: "aggregator", to: "answer", conditional: true },
    { from: "summarize", to: "answer", conditional: false },
  ],
};
