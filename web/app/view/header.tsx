import { chats } from "../state/chats.ts";
import { chatId } from "../state/open-chat.ts";
import { isRunOpen } from "../state/settings.ts";
import { texts } from "../texts.ts";
import { labelOf } from "./chat-label.ts";
import { Icon } from "./icons.tsx";
import { chosenJob, isDrawerOpen } from "./layout.ts";
import { LinePill } from "./line-pill.tsx";

export function Header() {
  const t = texts.value;
  const chat = chats.value.find((one) => one.id === chatId.value);
  const toggleRun = () => {
    chosenJob.value = undefined;
    isRunOpen.value = !isRunOpen.value;
  };
  return (
    <header class="head">
      <button
        type="button"
        class="icon-button drawer-button"
        aria-label={t.menu}
        aria-expanded={isDrawerOpen.value}
        onClick={() => (isDrawerOpen.value = true)}
      >
        <Icon name="menu" />
      </button>
      <h1 class="head-title">{chat ? labelOf(chat) : t.newChat}</h1>
      <LinePill />
      <button
        type="button"
        class="button quiet run-button"
        aria-pressed={isRunOpen.value}
        aria-label={t.run}
        onClick={toggleRun}
      >
        <Icon name="run" />
        <span>{t.run}</span>
      </button>
    </header>
  );
}
