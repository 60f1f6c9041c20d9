import type { LogLine, Run } from "../run/run.ts";
import { stageText, texts } from "../texts.ts";

const shownLines = 120;

/** The events as they came, newest first, each with its id: what a reader resumes by. */
export function EventLog({ run }: { run: Run }) {
  const t = texts.value;
  const lines = run.log.slice(-shownLines).toReversed();
  return (
    <section class="run-part">
      <h3>{t.runLog}</h3>
      <ol class="log">
        {lines.map((line) => (
          <li key={`${line.id}${line.atMs}${line.event}`} data-event={line.event}>
            <span class="log-event">
              {stageText(line.event)}
              {line.event === "token" ? ` ×${line.count}` : null}
            </span>
            <span class="log-status">{statusText(line)}</span>
            <code>
              {line.id === line.lastId ? line.id : `${line.id} … ${shortId(line.lastId)}`}
            </code>
          </li>
        ))}
      </ol>
    </section>
  );
}

const shortId = (id: string) => id.slice(id.indexOf("-"));
const statusText = (line: LogLine) => (line.event === "token" ? "" : line.status);
