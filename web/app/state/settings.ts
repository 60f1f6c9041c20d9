import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
export type Language = "ko" | "en";

/** Names the server knows; empty: the server's own choice. */
export const models = ["", "gpt-5.2", "gemini-3-flash-preview", "local"] as const;

const prefix = "eco2:";

/** Storage may be blocked; then a setting lasts as long as the page. */
export function readStored(storage: "local" | "session", name: string): string | null {
  try {
    return (storage === "local" ? localStorage : sessionStorage).getItem(prefix + name);
  } catch {
    return null;
  }
}

export function store(storage: "local" | "session", name: string, value: string | null): void {
  try {
    const to = storage === "local" ? localStorage : sessionStorage;
    if (value === null) to.removeItem(prefix + name);
    else to.setItem(prefix + name, value);
  } catch {
    // full or blocked
  }
}

function oneOf<T extends string>(allowed: readonly T[], value: string | null, fallback: T): T {
  return allowed.find((one) => one === value) ?? fallback;
}

const browserLanguage: Language = (globalThis.navigator?.language ?? "ko").startsWith("ko")
  ? "ko"
  : "en";

export const theme = signal<Theme>(
  oneOf(["system", "light", "dark"], readStored("local", "theme"), "system"),
);
export const language = signal<Language>(
  oneOf(["ko", "en"], readStored("local", "language"), browserLanguage),
);
export const model = signal<string>(oneOf(models, readStored("local", "model"), ""));
/** Send the place with every question, without being asked. */
export const sendsLocation = signal(readStored("local", "location") === "always");
export const isRunOpen = signal(readStored("local", "run") === "open");

/** Keeps the page and the storage as the settings say. */
export function applySettings(): void {
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme.value;
    root.lang = language.value;
    store("local", "theme", theme.value);
    store("local", "language", language.value);
    store("local", "model", model.value);
    store("local", "location", sendsLocation.value ? "always" : "ask");
    store("local", "run", isRunOpen.value ? "open" : "closed");
  });
}
