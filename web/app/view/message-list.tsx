import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isAnsweredElsewhere } from "../state/await-answer.ts";
import {
  chatId,
  hasOlder,
  isChatLoading,
  isOlderLoading,
  loadOlder,
  messages,
} from "../state/open-chat.ts";
import { texts } from "../texts.ts";
import { EmptyChat } from "./empty-chat.tsx";
import { Icon } from "./icons.tsx";
import { MessageItem } from "./message-item.tsx";
import { useStickToEnd } from "./stick-to-end.ts";

export function MessageList() {
  const t = texts.value;
  const box = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd } = useStickToEnd(box, chatId.value);
  useKeepPlace(box, messages.value[0]?.clientId);
  const shown = messages.value;
  const isEmpty = shown.length === 0 && !isChatLoading.value;
  return (
    <div class="list-frame">
      <div
        ref={box}
        class="list"
        tabIndex={0}
        role="region"
        aria-label={t.conversation}
        data-empty={isEmpty}
      >
        <div class="list-inner">
          {isEmpty ? <EmptyChat /> : null}
          {hasOlder.value ? <OlderEdge box={box} /> : null}
          {isChatLoading.value && shown.length === 0 ? <Skeleton /> : null}
          {shown.map((message, index) => (
            <MessageItem
              key={message.clientId}
              message={message}
              isLast={index === shown.length - 1}
            />
          ))}
          {isAnsweredElsewhere.value ? <p class="elsewhere">{t.elsewhere}</p> : null}
        </div>
      </div>
      {isAtEnd || isEmpty ? null : (
        <button type="button" class="to-end" aria-label={t.toLatest} onClick={toEnd}>
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

/** Asks for older messages a screen before they are needed. */
function OlderEdge({ box }: { box: { current: HTMLDivElement | null } }) {
  const ref = useRef<HTMLDivElement>(null);
  const first = messages.value[0]?.clientId;
  useEffect(() => {
    const watcher = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void loadOlder();
      },
      { root: box.current, rootMargin: "600px 0px 0px 0px" },
    );
    if (ref.current) watcher.observe(ref.current);
    return () => watcher.disconnect();
  }, [first, box]); // still in sight after a page came: ask again
  return (
    <div ref={ref} class="older-edge">
      {isOlderLoading.value ? texts.value.older : ""}
    </div>
  );
}

/** Older messages come in above without moving what is being read. */
function useKeepPlace(box: { current: HTMLDivElement | null }, firstKey: string | undefined): void {
  const [before] = useState<{ key: string | undefined }>({ key: undefined });
  // while rendering, the page still shows the list as it was
  const anchor = box.current?.querySelector<HTMLElement>(".message") ?? undefined;
  const wasAt = anchor?.getBoundingClientRect().top;
  useLayoutEffect(() => {
    const isPrepended = before.key !== undefined && before.key !== firstKey;
    before.key = firstKey;
    if (!isPrepended || !anchor?.isConnected || wasAt === undefined || !box.current) return;
    const moved = anchor.getBoundingClientRect().top - wasAt;
    if (moved > 1) box.current.scrollTop += moved;
  }, [firstKey]);
}

function Skeleton() {
  return (
    <div class="skeleton" aria-label={texts.value.loading} role="status">
      <i />
      <i />
      <i />
    </div>
  );
}
