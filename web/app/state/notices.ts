import { signal } from "@preact/signals";

/** One short sentence at the foot of the page, gone after a while. */
export const notice = signal<{ readonly text: string; readonly at: number } | undefined>(undefined);
/** What a screen reader is told. */
export const announcement = signal("");

const showMs = 5000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function notify(text: string): void {
  notice.value = { text, at: Date.now() };
  clearTimeout(timer);
  timer = setTimeout(() => (notice.value = undefined), showMs);
}

/** Long enough to be picked up; then it is gone, or it would be read twice by whoever walks the page. */
const announceMs = 3000;

export function announce(text: string): void {
  announcement.value = text;
  setTimeout(() => {
    if (announcement.value === text) announcement.value = "";
  }, announceMs);
}
