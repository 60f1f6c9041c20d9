import { computed } from "@preact/signals";
import { language } from "./state/settings.ts";
import { en } from "./texts-en.ts";
import { ko } from "./texts-ko.ts";

/** The sentences of the page in the chosen language. */
export const texts = computed(() => (language.value === "ko" ? ko : en));

/** What a person is told about an error code. */
export function failureText(code: string, message = ""): string {
  const known = texts.value.failures as Readonly<Record<string, string>>;
  return known[code] ?? (message === "" ? texts.value.failures.UNKNOWN : message);
}

/** A stage's name where the topology does not give one. */
export function stageText(stage: string): string {
  return (
    (texts.value.stages as Readonly<Record<string, string>>)[stage] ?? stage.replaceAll("_", " ")
  );
}
