import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ChatSummary } from "../../client/wire.ts";
import { chats, hasMoreChats, isListLoading, listError, loadChats } from "../state/chats.ts";
import { chatId, openChat } from "../state/open-chat.ts";
import { lazyViews, view } from "../state/view.ts";
import { texts } from "../texts.ts";
import { labelOf } from "./chat-label.ts";
import { focusComposer } from "./focus.ts";
import { Icon, Leaf } from "./icons.tsx";
import { isDrawerOpen, isSettingsOpen } from "./layout.ts";
import { RemoveDialog, RenameDialog } from "./chat-dialogs.tsx";

const renaming = signal<ChatSummary | undefined>(undefined);
const removing = signal<ChatSummary | undefined>(undefined);

export function ChatList() {
  const t = texts.value;
  const start = () => {
    isDrawerOpen.value = false;
    view.value = "chat";
    void openChat(undefined);
    focusComposer();
  };
  return (
    <>
      <div class="side-head">
        <span class="brand">
          <Leaf />
          이코<small>eco2</small>
        </span>
        <button
          type="button"
          class="icon-button"
          aria-label={t.settings}
          onClick={() => (isSettingsOpen.value = true)}
        >
          <Icon name="gear" />
        </button>
      </div>
      <button type="button" class="new-chat" onClick={start}>
        <Icon name="plus" />
        {t.newChat}
      </button>
      <nav class="views" aria-label={t.viewsLabel}>
        {lazyViews.map((name) => (
          <a
            key={name}
            href={`#/${name}`}
            aria-current={view.value === name ? "page" : undefined}
            onClick={() => (isDrawerOpen.value = false)}
          >
            <Icon name={name} />
            {t.views[name]}
          </a>
        ))}
      </nav>
      <nav class="chats" aria-label={t.chats}>
        <ul>
          {chats.value.map((chat) => (
            <ChatRow
              key={chat.id}
              chat={chat}
              isOpen={chat.id === chatId.value && view.value === "chat"}
            />
          ))}
        </ul>
        <ListEnd />
      </nav>
      {renaming.value ? (
        <RenameDialog chat={renaming.value} onClose={() => (renaming.value = undefined)} />
      ) : null}
      {removing.value ? (
        <RemoveDialog chat={removing.value} onClose={() => (removing.value = undefined)} />
      ) : null}
    </>
  );
}

function ChatRow({ chat, isOpen }: { chat: ChatSummary; isOpen: boolean }) {
  const t = texts.value;
  const label = labelOf(chat);
  const open = () => {
    isDrawerOpen.value = false;
    view.value = "chat";
    void openChat(chat.id);
  };
  return (
    <li class="chat-row" data-open={isOpen}>
      <button
        type="button"
        class="chat-open"
        aria-current={isOpen ? "page" : undefined}
        onClick={open}
      >
        {label}
      </button>
      <span class="chat-tools">
        <button
          type="button"
          class="icon-button small"
          aria-label={`${t.rename}: ${label}`}
          onClick={() => (renaming.value = chat)}
        >
          <Icon name="pencil" />
        </button>
        <button
          type="button"
          class="icon-button small"
          aria-label={`${t.remove}: ${label}`}
          onClick={() => (removing.value = chat)}
        >
          <Icon name="trash" />
        </button>
      </span>
    </li>
  );
}

/** Asks for the next page when it comes into sight. */
function ListEnd() {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const watcher = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) void loadChats();
    });
    if (ref.current) watcher.observe(ref.current);
    return () => watcher.disconnect();
  }, [chats.value.length]); // a page that does not fill the list must ask again
  const t = texts.value;
  const isEmpty = chats.value.length === 0 && !hasMoreChats();
  return (
    <div ref={ref} class="list-end">
      {isListLoading.value ? t.loading : null}
      {isEmpty ? t.noChats : null}
      {listError.value === undefined ? null : (
        <button type="button" class="text-button" onClick={() => void loadChats(true)}>
          {t.listFailed} {t.retry}
        </button>
      )}
    </div>
  );
}
