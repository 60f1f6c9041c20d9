import { computed } from "@preact/signals";
import { josa } from "../collection/josa.ts";
import { language } from "../state/settings.ts";

const ko = {
  lead: "버릴 물건을 찍어 주세요",
  leadBody: "무엇인지 알아보고, 어떻게 버릴지 알려 드려요. 잘 버리면 친구가 찾아와요.",
  pick: "사진 고르기",
  drop: "여기에 끌어다 놓아도 돼요",
  other: "다른 사진",
  say: "무엇인지 알면 적어 주세요 (선택)",
  sayExample: "예: 라벨이 붙은 생수병",
  go: "알아보기",
  again: "다른 물건 알아보기",
  photo: "고른 사진",
  stages: {
    vision: "사진 살펴보기",
    rule: "배출 규칙 찾기",
    answer: "버리는 방법 정리하기",
    reward: "찾아온 친구 확인하기",
  },
  uploading: "사진을 올리고 있어요",
  steps: "이렇게 버려요",
  missing: "이것만 더 하면 좋아요",
  met: (name: string) => `${josa(name, "이", "가")} 찾아왔어요!`,
  noOne: "이번에는 찾아온 친구가 없어요",
  noOneBody: "위의 것까지 챙기면 친구를 만날 수 있어요.",
  noOnePlain: "재활용할 수 있는 물건을 잘 버리면 친구를 만날 수 있어요.",
  toCollection: "도감 보기",
  failed: "알아보지 못했어요",
  failures: {
    UPLOAD: "사진을 올리지 못했어요. 10 MB까지의 사진만 받아요.",
    VISION_NOT_CONFIGURED: "지금은 사진을 볼 수 없어요. 무엇인지 적어 주시면 그것으로 알아볼게요.",
    VISION_FAILED: "사진을 알아보지 못했어요. 더 밝고 가까이 찍어 보거나, 무엇인지 적어 주세요.",
    IMAGE_UNAVAILABLE: "사진을 열 수 없어요. 다른 사진으로 해 주세요.",
    RATE_LIMITED: "잠시 뒤 다시 시도해 주세요.",
    NETWORK: "서버에 닿지 못했어요. 연결을 확인해 주세요.",
    UNKNOWN: "문제가 생겼어요. 다시 시도해 주세요.",
  },
  retry: "다시 시도",
};
const en: typeof ko = {
  lead: "Take a photo of the thing",
  leadBody: "You learn what it is and how to dispose of it. Do it well and a friend will come.",
  pick: "Choose a photo",
  drop: "or drop it here",
  other: "Another photo",
  say: "Say what it is, if you know (optional)",
  sayExample: "e.g. a water bottle with its label",
  go: "Look at it",
  again: "Look at something else",
  photo: "The chosen photo",
  stages: {
    vision: "Looking at the photo",
    rule: "Finding the rules",
    answer: "Writing down what to do",
    reward: "Seeing who came",
  },
  uploading: "Uploading the photo",
  steps: "How to dispose of it",
  missing: "Only this is missing",
  met: (name) => `${name} came to you!`,
  noOne: "Nobody came this time",
  noOneBody: "With what is missing above, a friend will come.",
  noOnePlain: "Dispose of recyclable things well to meet a friend.",
  toCollection: "See the collection",
  failed: "It could not be looked at",
  failures: {
    UPLOAD: "The photo could not be uploaded. Photos may have up to 10 MB.",
    VISION_NOT_CONFIGURED:
      "Photos cannot be looked at right now. Say what it is, and that will do.",
    VISION_FAILED: "The photo was not understood. Come closer, use more light, or say what it is.",
    IMAGE_UNAVAILABLE: "The photo cannot be opened. Please use another one.",
    RATE_LIMITED: "Please try again in a moment.",
    NETWORK: "The server was not reached. Check your connection.",
    UNKNOWN: "Something went wrong. Please try again.",
  },
  retry: "Try again",
};

export const texts = computed(() => (language.value === "ko" ? ko : en));

export function failureText(code: string): string {
  const known = texts.value.failures as Readonly<Record<string, string>>;
  return known[code] ?? texts.value.failures.UNKNOWN;
}
