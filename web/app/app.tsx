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
import { view } from "./state/view.ts";
import { OtherView } from "./view/other-view.tsx";
import { RunDoor } from "./view/run-door.tsx";
import { texts } from "./texts.ts";

export function App() {
  const covers = !isWide.value && isDrawerOpen.value;
  const isRun = isRunOpen.value && view.value === "chat";
  const runCovers = !isRunWide.value && isRun;
  return (
    <div class="page" data-run={isRun ? "open" : "closed"}>
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
        {view.value === "chat" ? (
          <>
            <Header />
            <Banner />
            <MessageList />
            <Composer />
          </>
        ) : (
          <OtherView name={view.value} />
        )}
      </main>
      {isRun ? <RunDoor /> : null}
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
