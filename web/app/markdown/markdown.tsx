import { useRef } from "preact/hooks";
import { noBlocks, toBlocks } from "./blocks.ts";
import { closeMarks } from "./close-marks.ts";
import { renderBlock } from "./render.tsx";

/** A Markdown text; while it grows only its end is parsed and drawn again. */
export function Markdown({ text, isWhole }: { text: string; isWhole: boolean }) {
  const before = useRef(noBlocks);
  // the finished text is parsed once more in one piece, so that late link definitions count too
  const blocks = isWhole ? toBlocks(text) : toBlocks(closeMarks(text), before.current);
  before.current = blocks;
  return (
    <div class="markdown" onClick={copyCode}>
      {[...blocks.settled, ...blocks.live].map(renderBlock)}
    </div>
  );
}

function copyCode(event: MouseEvent): void {
  const button = (event.target as Element).closest("[data-copy]");
  const code = button?.closest(".code")?.querySelector("code")?.textContent;
  if (!button || code === undefined || code === null) return;
  void navigator.clipboard?.writeText(code).then(() => {
    button.classList.add("is-copied");
    setTimeout(() => button.classList.remove("is-copied"), 1500);
  });
}
