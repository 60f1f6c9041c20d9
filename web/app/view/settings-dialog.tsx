import {
  type Language,
  language,
  model,
  models,
  sendsLocation,
  type Theme,
  theme,
} from "../state/settings.ts";
import { token } from "../state/session.ts";
import { texts } from "../texts.ts";
import { leave } from "../world.ts";
import { Dialog } from "./dialog.tsx";
import { isSettingsOpen } from "./layout.ts";

export function SettingsDialog() {
  const t = texts.value;
  if (!isSettingsOpen.value) return null;
  const themes: readonly Theme[] = ["system", "light", "dark"];
  return (
    <Dialog title={t.settings} onClose={() => (isSettingsOpen.value = false)}>
      <Choice
        label={t.language}
        name="language"
        options={[
          ["ko", "한국어"],
          ["en", "English"],
        ]}
        value={language.value}
        onPick={(picked) => (language.value = picked as Language)}
      />
      <Choice
        label={t.theme}
        name="theme"
        options={themes.map((one) => [one, t.themes[one]])}
        value={theme.value}
        onPick={(picked) => (theme.value = picked as Theme)}
      />
      <label class="field">
        {t.model}
        <select value={model.value} onChange={(event) => (model.value = event.currentTarget.value)}>
          {models.map((one) => (
            <option key={one} value={one}>
              {t.models[one]}
            </option>
          ))}
        </select>
        <small>{t.modelHint}</small>
      </label>
      <label class="switch">
        <input
          type="checkbox"
          role="switch"
          checked={sendsLocation.value}
          onChange={(event) => (sendsLocation.value = event.currentTarget.checked)}
        />
        <span>
          {t.sendLocation}
          <small>{t.sendLocationHint}</small>
        </span>
      </label>
      {token.value === undefined ? null : (
        <div class="settings-end">
          <button type="button" class="button quiet" onClick={() => void leave()}>
            {t.signOut}
          </button>
          <small>{t.signOutHint}</small>
        </div>
      )}
    </Dialog>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly options: readonly (readonly [string, string])[];
  readonly value: string;
  readonly onPick: (value: string) => void;
}

function Choice({ label, name, options, value, onPick }: ChoiceProps) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map(([key, text]) => (
        <label key={key}>
          <input
            type="radio"
            name={name}
            value={key}
            checked={key === value}
            onChange={() => onPick(key)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
