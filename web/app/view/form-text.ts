/** A field of a submitted form, as text without the spaces around it. */
export function formText(event: SubmitEvent, name: string): string {
  const value = new FormData(event.currentTarget as HTMLFormElement).get(name);
  return typeof value === "string" ? value.trim() : "";
}
