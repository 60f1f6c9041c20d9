import { sendMessage } from "../state/conversation.ts";
import { texts } from "../texts.ts";
import { Leaf } from "./icons.tsx";

/** What a new person sees: who this is, and questions that show what it can do. */
export function EmptyChat() {
  const t = texts.value;
  return (
    <div class="empty">
      <span class="empty-mark">
        <Leaf />
      </span>
      <h2>{t.emptyTitle}</h2>
      <p>{t.emptyBody}</p>
      <ul class="examples" lang="ko">
        {t.examples.map((question) => (
          <li key={question}>
            <button type="button" onClick={() => void sendMessage(question, undefined)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
