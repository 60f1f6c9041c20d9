import { Markdown } from "../markdown/markdown.tsx";
import type { Turn } from "../state/turns.ts";
import { texts } from "../texts.ts";
import { AskCard } from "./ask-card.tsx";
import { RunStrip } from "./run-strip.tsx";

/** An answer while it comes: only this part of the page moves with every frame. */
export function LiveAnswer({ turn }: { turn: Turn }) {
  const t = texts.value;
  const run = turn.run.value;
  const text = turn.text.value;
  return (
    <div aria-busy="true">
      <RunStrip run={run} hasText={text !== ""} />
      {run.question ? <AskCard turn={turn} question={run.question} /> : null}
      {text === "" ? null : (
        <div class="live-text">
          <Markdown text={text} isWhole={false} />
        </div>
      )}
      <div class="after-text">
        {run.attempts > 1 ? (
          <p class="under again">
            {t.attempt(run.attempts)} · {t.attemptNote}
          </p>
        ) : null}
        {turn.isStopping.value ? <p class="under">{t.stopping}</p> : null}
      </div>
    </div>
  );
}
