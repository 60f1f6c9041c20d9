import { safeHref } from "../markdown/safe-href.ts";
import type { Run } from "../run/run.ts";
import { durationText } from "../run/seconds.ts";
import { stageText, texts } from "../texts.ts";
import { useNow } from "./line-pill.tsx";

interface Props {
  readonly run: Run;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** Time, size, model, cost and sources of a run; what the server does not tell is left out. */
export function RunFacts({ run, metadata }: Props) {
  const t = texts.value;
  const now = useNow(run.endedMs === null);
  const text = (name: string) =>
    typeof metadata?.[name] === "string" ? metadata[name] : undefined;
  const intents = metadata?.["intents"];
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t.facts.time, durationText((run.endedMs ?? now) - run.beganMs, t.units)],
    [t.facts.tokens, run.tokens === 0 ? undefined : String(run.tokens)],
    [
      t.facts.model,
      text("model") && [text("model"), text("model_note")].filter(Boolean).join(" · "),
    ],
    [t.facts.cost, costOf(metadata)],
    [t.facts.attempts, run.attempts > 1 ? String(run.attempts) : undefined],
    [
      t.facts.intent,
      Array.isArray(intents) ? intents.map((one) => stageText(String(one))).join(", ") : undefined,
    ],
    [t.facts.check, run.check === null ? undefined : t.checks[run.check]],
  ];
  const shown = facts.filter(([, value]) => value !== undefined && value !== "");
  const sources = sourcesOf(metadata);
  return (
    <>
      <section class="run-part">
        <h3>{t.runFacts}</h3>
        <dl class="facts">
          {shown.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      {sources.length === 0 ? null : (
        <section class="run-part">
          <h3>{t.runSources}</h3>
          <ul class="sources">
            {sources.map(({ title, href }) => (
              <li key={title}>
                {href === undefined ? (
                  title
                ) : (
                  <a href={href} target="_blank" rel="noopener noreferrer nofollow">
                    {title}
                  </a>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function costOf(metadata: Props["metadata"]): string | undefined {
  const cost = metadata?.["cost"] ?? metadata?.["cost_usd"];
  if (typeof cost === "number") return `$${cost.toFixed(cost < 0.01 ? 5 : 3)}`;
  if (typeof cost === "string") return cost;
  return metadata?.["provider"] === "local" ? texts.value.free : undefined;
}

function sourcesOf(metadata: Props["metadata"]): { title: string; href: string | undefined }[] {
  const found = metadata?.["sources"];
  if (!Array.isArray(found)) return [];
  return found.flatMap((source: unknown) => {
    if (typeof source === "string") return [{ title: source, href: safeHref(source) }];
    if (typeof source !== "object" || source === null) return [];
    const { title, name, url } = source as Record<string, unknown>;
    const href = typeof url === "string" ? safeHref(url) : undefined;
    const label = [title, name, url].find((one) => typeof one === "string" && one !== "");
    return typeof label === "string" ? [{ title: label, href }] : [];
  });
}
