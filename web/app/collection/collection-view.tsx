import { useEffect } from "preact/hooks";
import { CharacterArt } from "./character-art.tsx";
import { type Character, collection, hasFailed, loadCollection } from "./collection-state.ts";
import { texts } from "./texts.ts";

/** Every character there is: those of the person in colour, the others as a shadow. */
export function CollectionView() {
  useEffect(() => void loadCollection(), []);
  const t = texts.value;
  const found = collection.value;
  if (!found) {
    return (
      <div class="other-state" role="status">
        {hasFailed.value ? (
          <>
            <p>{t.failed}</p>
            <button type="button" class="button quiet" onClick={() => void loadCollection()}>
              {t.retry}
            </button>
          </>
        ) : (
          t.loading
        )}
      </div>
    );
  }
  const owned = found.all.filter(({ name }) => found.owned.has(name)).length;
  const share = (owned / Math.max(1, found.all.length)) * 100;
  return (
    <section class="collection">
      <div class="collection-head">
        <p class="collection-count">{t.count(owned, found.all.length)}</p>
        <progress
          class="bar"
          max={100}
          value={share}
          aria-label={t.count(owned, found.all.length)}
        />
        <p class="collection-hint">{t.hint}</p>
      </div>
      <ul class="cards">
        {found.all.map((one) => (
          <Card key={one.name} character={one} metAt={found.owned.get(one.name)} />
        ))}
      </ul>
    </section>
  );
}

function Card({ character, metAt }: { character: Character; metAt: Date | undefined }) {
  const t = texts.value;
  const { name, type, dialog, match } = character;
  return (
    <li class="card" data-owned={metAt !== undefined}>
      <CharacterArt name={name} />
      <h2>{name}</h2>
      <p class="card-type">{type}</p>
      {metAt ? (
        <>
          <p class="card-dialog">{dialog}</p>
          <p class="card-met">{t.met(metAt)}</p>
        </>
      ) : (
        <p class="card-met">{match === undefined ? t.unknown : t.earnBy(match)}</p>
      )}
    </li>
  );
}
