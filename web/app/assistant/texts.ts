import { computed } from "@preact/signals";
import { language } from "../state/settings.ts";

const ko = {
  session: "대화 이름",
  lead: "이코와 둘이 이야기해요. 같은 이름을 다시 열면 나눈 이야기가 이어져요.",
  talk: "이코와 대화",
  say: "메시지",
  placeholder: "이코에게 말하기",
  send: "보내기",
  stop: "멈추기",
  cut: "(멈춤)",
  empty: "아직 나눈 이야기가 없어요",
  thinking: (stage: string) => `이코가 답하고 있어요 · ${stage}`,
  missing: "연결이 끊긴 사이의 답을 기다리고 있어요",
  first: (ms: number) => `첫 낱말까지 ${Math.round(ms)} ms`,
  states: { connecting: "연결 중", open: "연결됨", closed: "끊김" },
  errors: {
    busy: "아직 답하고 있어요.",
    session_busy: "이 대화에서 다른 답변을 만드는 중이에요.",
    rate_limited: "조금 천천히 보내 주세요.",
    llm_unavailable: "답변 모델이 응답하지 않아요. 잠시 뒤 다시 보내 주세요.",
    timeout: "답변이 늦어지고 있어요. 완성되면 대화에 남아요.",
    cancelled: "답변을 멈췄어요.",
    other: "보내지 못했어요. 다시 보내 주세요.",
  },
};
const en: typeof ko = {
  session: "Session",
  lead: "Talk with Eco alone. Open the same name again to go on where you were.",
  talk: "Talk with Eco",
  say: "Message",
  placeholder: "Talk to Eco",
  send: "Send",
  stop: "Stop",
  cut: "(stopped)",
  empty: "Nothing has been said yet",
  thinking: (stage) => `Eco is answering · ${stage}`,
  missing: "Waiting for the answer that came while the line was down",
  first: (ms) => `first words after ${Math.round(ms)} ms`,
  states: { connecting: "connecting", open: "connected", closed: "disconnected" },
  errors: {
    busy: "The answer is still being written.",
    session_busy: "Another answer of this session is being written.",
    rate_limited: "Please send more slowly.",
    llm_unavailable: "The model does not answer. Please try again in a moment.",
    timeout: "The answer is late. It will be in the session once it is there.",
    cancelled: "The answer was stopped.",
    other: "It was not sent. Please send it again.",
  },
};

export const texts = computed(() => (language.value === "ko" ? ko : en));

export function errorText(code: string): string {
  const known = texts.value.errors as Readonly<Record<string, string>>;
  return known[code] ?? texts.value.errors.other;
}
