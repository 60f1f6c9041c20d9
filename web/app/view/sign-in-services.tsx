import { useEffect, useState } from "preact/hooks";
import { texts } from "../texts.ts";

interface Service {
  readonly id: "google" | "kakao" | "naver";
  /** Stands in for it: the local stack. */
  readonly is_development: boolean;
}

/** Where one can sign in here; nothing where no service is set up. */
export function SignInServices() {
  const t = texts.value;
  const [services, setServices] = useState<readonly Service[]>([]);
  const [isBad, setBad] = useState(location.hash.startsWith("#/login?error="));
  useEffect(() => {
    listServices().then(setServices, () => undefined);
  }, []);
  if (services.length === 0) return null;
  const [first] = services;
  // in the local stack they all lead to the same page
  const shown = first?.is_development ? [first] : services;
  return (
    <div class="dialog-foot">
      {isBad && (
        <p class="field-bad" role="alert">
          {t.signInFailed}
        </p>
      )}
      {shown.map(({ id, is_development: isDev }) => (
        <button
          key={id}
          type="button"
          class="button"
          onClick={() => void begin(id).catch(() => setBad(true))}
        >
          {isDev ? t.signInDev : t.signInWith[id]}
        </button>
      ))}
    </div>
  );
}

async function listServices(): Promise<readonly Service[]> {
  const response = await fetch("/api/v1/auth/providers");
  if (!response.ok) return [];
  return ((await response.json()) as { providers: readonly Service[] }).providers;
}

/** Leaves the page for the service; it leads back here. */
async function begin(id: Service["id"]): Promise<void> {
  const response = await fetch(`/api/v1/auth/${id}`);
  if (!response.ok) throw new Error(String(response.status));
  const { data } = (await response.json()) as { data: { authorization_url: string } };
  location.assign(data.authorization_url);
}
