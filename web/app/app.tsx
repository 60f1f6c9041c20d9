import { ChatList } from "./view/chat-list.tsx";
import { Composer } from "./view/composer.tsx";
import { Banner } from "./view/banner.tsx";
import { Header } from "./view/header.tsx";
import { isDrawerOpen, isRunWide, isWide } from "./view/layout.ts";
import { MessageList } from "./view/message-list.tsx";
import { SettingsDialog } from "./view/settings-dialog.tsx";
import { SignInDialog } from "./view/sign-in.tsx";
import { announcement, notice } from "./state/notices.ts";
import { isRunOpen } from "./state/settings.ts";
import { RunDoor } from "./view/run-door.tsx";
import { texts } from "./texts.ts";

export function App() {
  const covers = !isWide.value && isDrawerOpen.value;
  const runCovers = !isRunWide.value && isRunOpen.value;
  return (
    <div class="page" data-run={isRunOpen.value ? "open" : "closed"}>
      <aside
        class="side"
        data-open={isDrawerOpen.value}
        aria-label={texts.value.chats}
        inert={(!isWide.value && !isDrawerOpen.value) || runCovers}
      >
        <ChatList />
      </aside>
      {covers ? (
        <button
          type="button"
          class="scrim"
          aria-label={texts.value.close}
          onClick={() => (isDrawerOpen.value = false)}
        />
      ) : null}
      <main class="main" inert={covers || runCovers}>
        <Header />
        <Banner />
        <MessageList />
        <Composer />
      </main>
      {isRunOpen.value ? <RunDoor /> : null}
      <SettingsDialog />
      <SignInDialog />
      <div class="notice" role="status" data-shown={notice.value !== undefined}>
        {notice.value?.text}
      </div>
      <div class="sr-only" aria-live="polite">
        {announcement.value}
      </div>
    </div>
  );
}
