/**
 * The one rule for model text: NUL is removed, a lone surrogate becomes U+FFFD, and a pair cut by a chunk
 * border is put together again (a high surrogate at the end waits for the next chunk). However a text is cut,
 * the pieces join to the same clean text.
 */
export function createCleaner(): { clean(chunk: string): string; rest(): string } {
  let held = "";
  return {
    clean: (chunk) => {
      let text = held + (chunk.includes("\0") ? chunk.replaceAll("\0", "") : chunk);
      held = "";
      const last = text.charCodeAt(text.length - 1);
      if (last >= 0xd800 && last <= 0xdbff) {
        held = text.slice(-1);
        text = text.slice(0, -1);
      }
      return text.toWellFormed();
    },
    rest: () => {
      const text = held.toWellFormed();
      held = "";
      return text;
    },
  };
}
