import { signal, type Signal } from "@preact/signals";

function matches(query: string): Signal<boolean> {
  const media = matchMedia(query);
  const found = signal(media.matches);
  media.addEventListener("change", () => (found.value = media.matches));
  return found;
}

/** The chat list stands beside the chat; else it is a drawer. The same numbers stand in layout.css. */
export const isWide = matches("(min-width: 860px)");
/** The run view stands beside the chat; else it covers it. */
export const isRunWide = matches("(min-width: 1180px)");
export const isDrawerOpen = signal(false);
export const isSettingsOpen = signal(false);
/** The job whose run is looked at; undefined: the newest of the chat. */
export const chosenJob = signal<string | undefined>(undefined);
