import type { Stage } from "./stages.ts";

/** One node of the agent as a person sees it; its id is the stage of its events. */
export interface GraphNode {
  readonly id: Stage;
  readonly kind: "stage" | "sub_agent";
  readonly label_ko: string;
  readonly label_en: string;
}

export interface GraphEdge {
  readonly from: Stage;
  readonly to: Stage;
  /** Taken only when the router or the message asks for it. */
  readonly conditional: boolean;
}

/** The agent's drawing, for `GET /api/v1/chat/topology`. The worker's tests compare it with the compiled graph. */
export const graphTopology: { readonly nodes: GraphNode[]; readonly edges: GraphEdge[] } = {
  nodes: [
    { id: "intent", kind: "stage", label_ko: "의도 파악", label_en: "Intent" },
    { id: "vision", kind: "stage", label_ko: "사진 보기", label_en: "Vision" },
    { id: "router", kind: "stage", label_ko: "나누기", label_en: "Router" },
    { id: "waste_rag", kind: "sub_agent", label_ko: "분리배출", label_en: "Disposal rules" },
    { id: "character", kind: "sub_agent", label_ko: "캐릭터", label_en: "Character" },
    { id: "location", kind: "sub_agent", label_ko: "장소 찾기", label_en: "Places" },
    { id: "bulk_waste", kind: "sub_agent", label_ko: "대형폐기물", label_en: "Bulky waste" },
    { id: "recyclable_price", kind: "sub_agent", label_ko: "재활용 시세", label_en: "Prices" },
    {
      id: "collection_point",
      kind: "sub_agent",
      label_ko: "수거함",
      label_en: "Collection points",
    },
    { id: "weather", kind: "sub_agent", label_ko: "날씨", label_en: "Weather" },
    { id: "image_generation", kind: "sub_agent", label_ko: "그림 그리기", label_en: "Images" },
    { id: "web_search", kind: "sub_agent", label_ko: "웹 검색", label_en: "Web search" },
    { id: "general", kind: "sub_agent", label_ko: "일반 대화", label_en: "General" },
    { id: "feedback", kind: "stage", label_ko: "품질 확인", label_en: "Feedback" },
    { id: "aggregator", kind: "stage", label_ko: "모으기", label_en: "Aggregator" },
    { id: "summarize", kind: "stage", label_ko: "대화 요약", label_en: "Summarize" },
    { id: "answer", kind: "stage", label_ko: "답변", label_en: "Answer" },
  ],
  edges: [
    { from: "intent", to: "vision", conditional: true },
    { from: "intent", to: "router", conditional: true },
    { from: "vision", to: "router", conditional: false },
    { from: "router", to: "waste_rag", conditional: true },
    { from: "router", to: "character", conditional: true },
    { from: "router", to: "location", conditional: true },
    { from: "router", to: "bulk_waste", conditional: true },
    { from: "router", to: "recyclable_price", conditional: true },
    { from: "router", to: "collection_point", conditional: true },
    { from: "router", to: "weather", conditional: true },
    { from: "router", to: "image_generation", conditional: true },
    { from: "router", to: "web_search", conditional: true },
    { from: "router", to: "general", conditional: true },
    { from: "waste_rag", to: "feedback", conditional: false },
    { from: "feedback", to: "aggregator", conditional: false },
    { from: "character", to: "aggregator", conditional: false },
    { from: "location", to: "aggregator", conditional: false },
    { from: "bulk_waste", to: "aggregator", conditional: false },
    { from: "recyclable_price", to: "aggregator", conditional: false },
    { from: "collection_point", to: "aggregator", conditional: false },
    { from: "weather", to: "aggregator", conditional: false },
    { from: "image_generation", to: "aggregator", conditional: false },
    { from: "web_search", to: "aggregator", conditional: false },
    { from: "general", to: "aggregator", conditional: false },
    { from: "aggregator", to: "summarize", conditional: true },
    { from: "aggregator", to: "answer", conditional: true },
    { from: "summarize", to: "answer", conditional: false },
  ],
};
