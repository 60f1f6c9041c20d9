import { Markdown } from "../markdown/markdown.tsx";
import { askAgain, resend } from "../state/conversation.ts";
import { isUnderway, type Message } from "../state/message.ts";
import { turnCount, turnOf } from "../state/turns.ts";
import { failureText, texts } from "../texts.ts";
import { AnswerTools } from "./answer-tools.tsx";
import { Icon, Leaf } from "./icons.tsx";
import { LiveAnswer } from "./live-answer.tsx";
import { Photo } from "./photo.tsx";
import { RunStrip } from "./run-strip.tsx";
import { Thinking } from "./thinking.tsx";

interface Props {
  readonly message: Message;
  readonly isLast: boolean;
}

export function MessageItem({ message, isLast }: Props) {
  const t = texts.value;
  const isMine = message.role === "user";
  return (
    <article
      class={`message ${isMine ? "mine" : "answer"}`}
      data-status={message.status}
      aria-label={isMine ? t.you : t.assistant}
    >
      {isMine ? (
        <Question message={message} isLast={isLast} />
      ) : (
        <>
          <span class="avatar">
            <Leaf />
          </span>
          <div class="answer-body">
            <Answer message={message} isLast={isLast} />
          </div>
        </>
      )}
    </article>
  );
}

function Question({ message, isLast }: Props) {
  const t = texts.value;
  const { failure, status } = message;
  const isUnsent = status === "failed";
  return (
    <>
      {message.imageUrl === null ? null : <Photo url={message.imageUrl} label={t.image} />}
      <div class="bubble">{message.content}</div>
      {status === "pending" ? <p class="under">{t.sending}</p> : null}
      {failure === null ? null : (
        <div class="failure" role="alert">
          <Icon name="alert" />
          <p>{failureText(failure.code, failure.message)}</p>
          {isUnsent ? (
            <button type="button" class="button small" onClick={() => void resend(message)}>
              {t.retry}
            </button>
          ) : isLast ? (
            <button type="button" class="button small" onClick={() => void askAgain(message)}>
              {t.askAgain}
            </button>
          ) : null}
        </div>
      )}
    </>
  );
}

function Answer({ message, isLast }: Props) {
  void turnCount.value;
  const turn = turnOf(message.jobId);
  if (turn) return <LiveAnswer turn={turn} />;
  if (isUnderway(message)) {
    return (
      <>
        <Thinking />
        {message.content === "" ? null : <Markdown text={message.content} isWhole={false} />}
      </>
    );
  }
  return (
    <>
      {message.run === null ? null : <RunStrip run={message.run} hasText />}
      {message.content === "" ? null : <Markdown text={message.content} isWhole />}
      <Ending message={message} isLast={isLast} />
      <AnswerTools message={message} />
    </>
  );
}

function Ending({ message, isLast }: Props) {
  const t = texts.value;
  const { failure } = message;
  if (failure === null) {
    return message.run?.check === "mended" ? <p class="under">{t.mended}</p> : null;
  }
  if (failure.code === "CANCELLED") return <p class="under stopped">{t.stopped}</p>;
  return (
    <div class="failure" role="alert">
      <Icon name="alert" />
      <p>{failureText(failure.code, failure.message)}</p>
      {isLast ? (
        <button type="button" class="button small" onClick={() => void askAgain(message)}>
          {t.askAgain}
        </button>
      ) : null}
    </div>
  );
}
