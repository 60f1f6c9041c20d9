import { render } from "preact";
import { followAddress } from "./address.ts";
import { App } from "./app.tsx";
import { watchForAnswers } from "./state/await-answer.ts";
import { loadChats } from "./state/chats.ts";
import { goOn } from "./state/conversation.ts";
import { cleanLocal } from "./state/local-messages.ts";
import { whenUnderway } from "./state/open-chat.ts";
import { takeToken } from "./state/session.ts";
import { applySettings } from "./state/settings.ts";
import { watchWorld } from "./world.ts";

takeToken();
applySettings();
whenUnderway(goOn);
watchForAnswers();
watchWorld();
const root = document.getElementById("app");
if (root) render(<App />, root);
followAddress();
void loadChats();
// opens without a network from then on; only where the browser allows it (https, or this machine)
void navigator.serviceWorker?.register("/offline.js").catch(() => {});
setTimeout(() => void cleanLocal(Date.now()), 5000); // not while the page is starting
