import { useEffect, useState } from "preact/hooks";
import { chatId } from "../state/open-chat.ts";
import { allTurns, type LineInfo, type Turn, turnCount } from "../state/turns.ts";
import { texts } from "../texts.ts";

/** The turn of the open chat that is being followed now. */
export function liveTurn(): Turn | undefined {
  void turnCount.value; // the list of turns is no signal itself
  return allTurns().find((turn) => turn.chatId === chatId.value);
}

export function LinePill() {
  const turn = liveTurn();
  if (!turn) return null;
  return <LineState line={turn.line.value} />;
}

export function LineState({ line }: { line: LineInfo }) {
  const t = texts.value;
  const now = useNow(line.retryAtMs !== undefined);
  const left = line.retryAtMs === undefined ? 0 : Math.ceil((line.retryAtMs - now) / 1000);
  return (
    <span class="line-pill" data-state={line.state}>
      <i />
      {t.line[line.state]}
      {left > 0 ? <span class="line-left">{t.lineRetry(left)}</span> : null}
    </span>
  );
}

/** The time, moving while it is looked at. */
export function useNow(isMoving: boolean, everyMs = 250): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isMoving) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [isMoving, everyMs]);
  return now;
}
