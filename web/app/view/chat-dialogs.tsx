import type { ChatSummary } from "../../client/wire.ts";
import { removeChat, renameChat } from "../state/chats.ts";
import { notify } from "../state/notices.ts";
import { chatId, openChat } from "../state/open-chat.ts";
import { allTurns } from "../state/turns.ts";
import { texts } from "../texts.ts";
import { labelOf } from "./chat-label.ts";
import { Dialog } from "./dialog.tsx";
import { formText } from "./form-text.ts";

interface Props {
  readonly chat: ChatSummary;
  readonly onClose: () => void;
}

const titleChars = 200;

export function RenameDialog({ chat, onClose }: Props) {
  const t = texts.value;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const title = formText(event, "title");
    onClose();
    if (title === "" || title === chat.title) return;
    void renameChat(chat.id, title).then((isDone) => {
      if (!isDone) notify(t.renameFailed);
    });
  };
  return (
    <Dialog title={t.renameTitle} onClose={onClose}>
      <form onSubmit={onSubmit}>
        <label class="field">
          {t.renameLabel}
          <input
            name="title"
            autofocus
            required
            maxLength={titleChars}
            defaultValue={labelOf(chat)}
          />
        </label>
        <div class="dialog-foot">
          <button type="button" class="button quiet" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class="button">
            {t.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function RemoveDialog({ chat, onClose }: Props) {
  const t = texts.value;
  const remove = () => {
    onClose();
    void removeChat(chat.id).then((isDone) => {
      notify(isDone ? t.removed : t.removeFailed);
      if (!isDone) return;
      for (const turn of allTurns()) if (turn.chatId === chat.id) turn.abort();
      if (chatId.value === chat.id) void openChat(undefined);
    });
  };
  return (
    <Dialog title={t.removeTitle} onClose={onClose}>
      <p class="dialog-text">
        <strong>{labelOf(chat)}</strong>
        {t.removeBody}
      </p>
      <div class="dialog-foot">
        <button type="button" class="button quiet" onClick={onClose}>
          {t.cancel}
        </button>
        <button type="button" class="button danger" onClick={remove}>
          {t.remove}
        </button>
      </div>
    </Dialog>
  );
}
