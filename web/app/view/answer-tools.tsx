import { useState } from "preact/hooks";
import type { Message } from "../state/message.ts";
import { notify } from "../state/notices.ts";
import { texts } from "../texts.ts";
import { Icon } from "./icons.tsx";

/** What can be done with a finished answer. */
export function AnswerTools({ message }: { message: Message }) {
  const t = texts.value;
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    const isDone = await writeClipboard(message.content);
    if (!isDone) return notify(t.copyFailed);
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  };
  return (
    <div class="tools">
      {message.content === "" ? null : (
        <button type="button" class="tool" onClick={() => void copy()}>
          <Icon name={isCopied ? "check" : "copy"} />
          {isCopied ? t.copied : t.copy}
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
