import { CharacterArt } from "../collection/character-art.tsx";
import { picked, startOver } from "./scan-state.ts";
import { texts } from "./texts.ts";
import type { Result } from "./wire.ts";

export function ScanResult({ result }: { result: Result }) {
  const t = texts.value;
  const found = result.pipeline_result;
  if (!found) return null;
  const { major_category, middle_category, minor_category } =
    found.classification_result.classification;
  const { disposal_steps, insufficiencies, user_answer } = found.final_answer;
  const steps = Object.entries(disposal_steps)
    .sort(([a], [b]) => a.localeCompare(b, "ko", { numeric: true }))
    .flatMap(([, text]) => (text === null || text.trim() === "" ? [] : text));
  const missing = insufficiencies.filter((text) => text.trim() !== "");
  const kinds = [...new Set([major_category, middle_category])];
  return (
    <article class="scan-result">
      <header class="scan-what">
        <img src={picked.value?.url} alt={t.photo} />
        <div>
          <p class="scan-kinds">{kinds.join(" › ")}</p>
          <h2>{minor_category ?? middle_category}</h2>
          <p>{user_answer}</p>
        </div>
      </header>
      {steps.length > 0 ? (
        <section>
          <h3>{t.steps}</h3>
          <ol class="scan-steps">
            {steps.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ol>
        </section>
      ) : null}
      {missing.length > 0 ? (
        <section class="scan-missing">
          <h3>{t.missing}</h3>
          <ul>
            {missing.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      ) : null}
      <Reward reward={result.reward} isMissing={missing.length > 0} />
      <div class="scan-buttons">
        <a class="button quiet" href="#/collection">
          {t.toCollection}
        </a>
        <button type="button" class="button" onClick={startOver}>
          {t.again}
        </button>
      </div>
    </article>
  );
}

function Reward({ reward, isMissing }: { reward: Result["reward"]; isMissing: boolean }) {
  const t = texts.value;
  if (!reward) {
    return (
      <section class="scan-reward" data-earned={false}>
        <div>
          <h3>{t.noOne}</h3>
          <p>{isMissing ? t.noOneBody : t.noOnePlain}</p>
        </div>
      </section>
    );
  }
  return (
    <section class="scan-reward" data-earned={true}>
      <CharacterArt name={reward.name} />
      <div>
        <h3>{t.met(reward.name)}</h3>
        <p>{reward.dialog}</p>
      </div>
    </section>
  );
}
