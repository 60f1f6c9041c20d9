/**
 * Closes what a growing text has only opened, so that `**bold` is bold at once and shows no stars. Only for
 * showing; the text itself stays as it came.
 */
export function closeMarks(text: string): string {
  const fences = text.match(/^ {0,3}(```|~~~)/gm)?.length ?? 0;
  if (fences % 2 === 1) return text;
  return closeEmphasis(text.replace(openLink, "[$1](#)"));
}

/** A link whose address is still coming: shown as its words, so that they stay where they are. */
const openLink = /!?\[([^[\]\n]+)\]\([^\s()]*$/;

function closeEmphasis(text: string): string {
  const start = Math.max(
    text.lastIndexOf("\n\n"),
    text.lastIndexOf("\n- "),
    text.lastIndexOf("\n|"),
  );
  const tail = text.slice(start + 1);
  if ((tail.match(/`/g)?.length ?? 0) % 2 === 1) return `${text}\``;
  const stars = tail.match(/\*\*/g)?.length ?? 0;
  if (stars % 2 === 0) return tail.endsWith("*") && !tail.endsWith("**") ? text.slice(0, -1) : text;
  if (tail.endsWith("**")) return text.slice(0, -2);
  return tail.endsWith("*") ? `${text}*` : `${text.trimEnd()}**`;
}
