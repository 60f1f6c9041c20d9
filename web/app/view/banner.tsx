import { chatError } from "../state/open-chat.ts";
import { isOffline, isUnreachable, needsSignIn } from "../state/session.ts";
import { failureText, texts } from "../texts.ts";
import { isSignInHidden } from "./sign-in.tsx";

/** One line above the chat when something stands between the page and the server. */
export function Banner() {
  const t = texts.value;
  if (needsSignIn.value && isSignInHidden.value) {
    return (
      <div class="banner" role="alert">
        {t.signInTitle}
        <button type="button" class="text-button" onClick={() => (isSignInHidden.value = false)}>
          {t.signIn}
        </button>
      </div>
    );
  }
  const text = isOffline.value
    ? t.offline
    : isUnreachable.value
      ? t.unreachable
      : chatError.value === "CHAT_NOT_FOUND"
        ? failureText("CHAT_NOT_FOUND")
        : chatError.value === undefined
          ? undefined
          : t.chatFailed;
  return (
    <div class="banner" role="status" hidden={text === undefined}>
      {text}
    </div>
  );
}
