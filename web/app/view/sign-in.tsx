import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { needsSignIn } from "../state/session.ts";
import { texts } from "../texts.ts";
import { enter } from "../world.ts";
import { Dialog } from "./dialog.tsx";
import { formText } from "./form-text.ts";
import { SignInServices } from "./sign-in-services.tsx";

/** Put away to read on; a line above the chat brings it back. */
export const isSignInHidden = signal(false);

export function SignInDialog() {
  const t = texts.value;
  const [isBad, setBad] = useState(false);
  if (!needsSignIn.value || isSignInHidden.value) return null;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = formText(event, "token");
    const isToken = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
    setBad(!isToken);
    if (isToken) void enter(token);
  };
  return (
    <Dialog title={t.signInTitle} onClose={() => (isSignInHidden.value = true)}>
      <SignInServices />
      <form onSubmit={onSubmit} autocomplete="off">
        <p class="dialog-text">{t.signInBody}</p>
        <pre class="command">bun run token</pre>
        <label class="field">
          {t.signInLabel}
          <textarea
            name="token"
            autofocus
            required
            rows={3}
            spellcheck={false}
            aria-invalid={isBad}
            aria-describedby="sign-in-bad"
          />
        </label>
        <p class="field-bad" id="sign-in-bad" role="alert">
          {isBad ? t.signInBad : ""}
        </p>
        <p class="dialog-hint">{t.signInKept}</p>
        <div class="dialog-foot">
          <button type="submit" class="button">
            {t.signIn}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
