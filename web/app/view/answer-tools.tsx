import { useState } from "preact/hooks";
import { durationText } from "../run/seconds.ts";
import type { Message } from "../state/message.ts";
import { notify } from "../state/notices.ts";
import { isRunOpen } from "../state/settings.ts";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";
import { chosenJob } from "./layout.ts";

/** What can be done with a finished answer. */
export function AnswerTools({ message }: { message: Message }) {
  const t = texts.value;
  const [isCopied, setCopied] = useState(false);
  const { run, jobId } = message;
  const copy = async () => {
    const isDone = await writeClipboard(message.content);
    if (!isDone) return notify(t.copyFailed);
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  };
  const open = () => {
    if (jobId === null) return;
    chosenJob.value = jobId;
    isRunOpen.value = true;
  };
  return (
    <div class="tools">
      {message.content === "" ? null : (
        <button type="button" class="tool" onClick={() => void copy()}>
          <Icon name={isCopied ? "check" : "copy"} />
          {isCopied ? t.copied : t.copy}
        </button>
      )}
      {run === null ? null : (
        <button type="button" class="tool" onClick={open}>
          <Icon name="run" />
          {t.run}
          {run.endedMs === null ? null : (
            <span class="tool-note">{durationText(run.endedMs - run.beganMs, t.units)}</span>
          )}
        </button>
      )}
    </div>
  );
}

async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed, or plain http
  }
}
