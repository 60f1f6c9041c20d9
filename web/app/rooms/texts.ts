import { computed } from "@preact/signals";
import { language } from "../state/settings.ts";

const ko = {
  room: "방 이름",
  lead: "두 사람과 이코가 한 방에서 이야기해요. 같은 방 이름을 열면 다른 기기에서도 들어올 수 있어요.",
  person: (role: string) => `${role} 자리`,
  say: "메시지",
  placeholder: (role: string) => `${role}로 말하기`,
  send: "보내기",
  ask: "이코에게 묻기",
  typing: (role: string) => `${role}이(가) 쓰고 있어요`,
  thinking: "이코가 답하고 있어요",
  empty: "아직 아무 말도 없어요",
  states: { connecting: "연결 중", open: "연결됨", closed: "끊김" },
  errors: {
    llm_queue_full: "기다리는 질문이 많아요. 잠시 뒤 다시 물어봐 주세요.",
    llm_blocked: "이 질문은 이코에게 물을 수 없어요.",
    rate_limited: "조금 천천히 보내 주세요.",
    role_taken: "이 자리는 다른 사람이 쓰고 있어요.",
    storage_unavailable: "보내지 못했어요. 다시 보내 주세요.",
    other: "보내지 못했어요.",
  },
};
const en: typeof ko = {
  room: "Room",
  lead: "Two people and Eco talk in one room. Open the same room on another device to join.",
  person: (role) => `Seat ${role}`,
  say: "Message",
  placeholder: (role) => `Speak as ${role}`,
  send: "Send",
  ask: "Ask Eco",
  typing: (role) => `${role} is typing`,
  thinking: "Eco is answering",
  empty: "Nobody has said anything yet",
  states: { connecting: "connecting", open: "connected", closed: "disconnected" },
  errors: {
    llm_queue_full: "Many questions are waiting. Please ask again in a moment.",
    llm_blocked: "Eco cannot be asked this.",
    rate_limited: "Please send more slowly.",
    role_taken: "Somebody else has this seat.",
    storage_unavailable: "It was not sent. Please send it again.",
    other: "It was not sent.",
  },
};

export const texts = computed(() => (language.value === "ko" ? ko : en));

export function errorText(code: string): string {
  const known = texts.value.errors as Readonly<Record<string, string>>;
  return known[code] ?? texts.value.errors.other;
}
