const id = "composer-text";
export const composerId = id;

/** Puts the cursor where the next question is written. */
export function focusComposer(): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus({ preventScroll: true }));
}
