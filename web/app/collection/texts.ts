import { computed } from "@preact/signals";
import { language } from "../state/settings.ts";
import { josa } from "./josa.ts";

const ko = {
  count: (owned: number, all: number) => `${all}명 중 ${owned}명과 함께해요`,
  hint: "사진으로 알아보고 잘 버리면 새 친구가 찾아와요.",
  unknown: "아직 못 만났어요",
  earnBy: (match: string) => `${josa(match, "을", "를")} 잘 버리면 만나요`,
  met: (day: Date) => `${day.toLocaleDateString("ko", { dateStyle: "medium" })} 만남`,
  failed: "도감을 불러오지 못했어요.",
  retry: "다시 시도",
  loading: "불러오는 중…",
};
const en: typeof ko = {
  count: (owned, all) => `${owned} of ${all} are with you`,
  hint: "Look at things by photo and dispose of them well: new friends will come.",
  unknown: "Not met yet",
  earnBy: (match) => `Dispose of ${match} well to meet them`,
  met: (day) => `Met on ${day.toLocaleDateString("en", { dateStyle: "medium" })}`,
  failed: "The collection could not be loaded.",
  retry: "Try again",
  loading: "Loading…",
};

export const texts = computed(() => (language.value === "ko" ? ko : en));
