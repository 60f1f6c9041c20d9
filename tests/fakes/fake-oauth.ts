import { createHash, randomBytes } from "node:crypto";
import { type FakeServer, type SeenRequest, startFake } from "./fake-server.ts";

type Service = "google" | "kakao" | "naver";

/** A person at all three services; fields a service does not have are left out by it. */
export interface FakePerson {
  readonly id: string;
  readonly name?: string;
  readonly email?: string;
  readonly picture?: string;
  readonly isEmailVerified?: boolean;
}

/** What one endpoint does instead of its work. */
export type OAuthTrouble =
  "invalid_grant" | "server_error" | "hang" | "html" | "empty" | "no_token" | "no_id" | "redirect";

export interface FakeOAuth {
  readonly baseUrl: string;
  readonly seen: FakeServer["seen"];
  readonly client: { readonly id: string; readonly secret: string };
  /** Who signs in from now on, and whether they agree. */
  person(person: FakePerson, agrees?: boolean): void;
  trouble(at: "token" | "profile", trouble: OAuthTrouble | undefined): void;
  stop(): Promise<void>;
}

interface Code {
  readonly service: Service;
  readonly redirectUri: string;
  readonly state: string;
  readonly challenge: string | null;
  readonly person: FakePerson;
}

/** The paths of the three services, which no two share. */
const endpoints: Readonly<Record<string, readonly [Service, "authorize" | "token" | "profile"]>> = {
  "/o/oauth2/v2/auth": ["google", "authorize"],
  "/token": ["google", "token"],
  "/oauth2/v3/userinfo": ["google", "profile"],
  "/oauth/authorize": ["kakao", "authorize"],
  "/oauth/token": ["kakao", "token"],
  "/v2/user/me": ["kakao", "profile"],
  "/oauth2.0/authorize": ["naver", "authorize"],
  "/oauth2.0/token": ["naver", "token"],
  "/v1/nid/me": ["naver", "profile"],
};

const json = (body: unknown, status = 200) => Response.json(body, { status });
const random = () => randomBytes(16).toString("base64url");

/**
 * Google, Kakao and Naver in one server: authorize redirects with a code that is good once, the token endpoint checks
 * client, redirect, PKCE and (Naver) the state, the profile has each one's own shape. Errors are theirs too: Naver
 * says what is wrong with status 200.
 */
export function startFakeOAuth(redirectUris: readonly string[]): FakeOAuth {
  const client = { id: "client-1", secret: "secret-1" };
  const codes = new Map<string, Code>();
  const tokens = new Map<string, Code>();
  let person: FakePerson = { id: "1001", name: "초록", email: "green@example.com" };
  let agrees = true;
  const troubles = new Map<string, OAuthTrouble>();

  const server = startFake((request) => {
    const [service, endpoint] = endpoints[request.path] ?? [];
    if (!service || !endpoint) return new Response("not found", { status: 404 });
    if (endpoint === "authorize") return authorize(service, request);
    const trouble = troubles.get(endpoint);
    if (trouble === "hang") return new Promise<Response>(() => {});
    if (trouble === "server_error") return new Response("oops", { status: 500 });
    if (trouble === "redirect") return Response.redirect(`${server.baseUrl}/elsewhere`, 302);
    if (trouble === "empty") return new Response("");
    if (trouble === "html") {
      return new Response("<html>502</html>", { headers: { "content-type": "text/html" } });
    }
    return endpoint === "token"
      ? token(service, request, trouble)
      : profile(service, request, trouble);
  });

  function authorize(service: Service, { query }: SeenRequest): Response {
    const redirectUri = query.get("redirect_uri") ?? "";
    const isKnown = redirectUris.includes(redirectUri) && query.get("client_id") === client.id;
    if (!isKnown || query.get("response_type") !== "code") {
      return json({ error: "invalid_request", error_description: "redirect_uri_mismatch" }, 400);
    }
    const back = new URL(redirectUri);
    back.searchParams.set("state", query.get("state") ?? "");
    if (!agrees) {
      back.searchParams.set("error", "access_denied");
      return Response.redirect(back.href, 302);
    }
    const code = random();
    const challenge = query.get("code_challenge");
    if (challenge !== null && query.get("code_challenge_method") !== "S256") {
      return json({ error: "invalid_request" }, 400);
    }
    const state = query.get("state") ?? "";
    codes.set(code, { service, redirectUri, state, challenge, person });
    back.searchParams.set("code", code);
    return Response.redirect(back.href, 302);
  }

  function token(
    service: Service,
    request: SeenRequest,
    trouble: OAuthTrouble | undefined,
  ): Response {
    const form = new URLSearchParams(request.text);
    const isForm = request.headers
      .get("content-type")
      ?.startsWith("application/x-www-form-urlencoded");
    const refuse = (error: string, status = 400) => {
      if (service === "naver") return json({ error: "invalid_request", error_description: error });
      const kakao = service === "kakao" ? { error_code: "KOE320" } : {};
      return json({ error, error_description: "Bad Request", ...kakao }, status);
    };
    if (request.method !== "POST" || !isForm) return refuse("invalid_request");
    if (form.get("client_id") !== client.id || form.get("client_secret") !== client.secret) {
      return refuse("invalid_client", 401);
    }
    const code = form.get("code") ?? "";
    const held = codes.get(code);
    codes.delete(code); // good once, also when what follows is wrong
    if (trouble === "invalid_grant" || !held || held.service !== service) {
      return refuse("invalid_grant");
    }
    if (form.get("grant_type") !== "authorization_code") return refuse("unsupported_grant_type");
    if (service === "naver" && form.get("state") !== held.state) return refuse("invalid_grant");
    if (service !== "naver" && form.get("redirect_uri") !== held.redirectUri) {
      return refuse("redirect_uri_mismatch");
    }
    const verifier = form.get("code_verifier") ?? "";
    const answer = createHash("sha256").update(verifier).digest("base64url");
    if (held.challenge !== null && held.challenge !== answer) return refuse("invalid_grant");
    if (trouble === "no_token") return json({ token_type: "Bearer" });
    const access = random();
    tokens.set(access, held);
    return json({
      access_token: access,
      token_type: "Bearer",
      expires_in: service === "naver" ? "3600" : 3599,
      ...(service === "google" ? { id_token: "x.y.z", scope: "openid email profile" } : {}),
    });
  }

  function profile(
    service: Service,
    request: SeenRequest,
    trouble: OAuthTrouble | undefined,
  ): Response {
    const access = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    const held = tokens.get(access);
    if (!held || held.service !== service) {
      if (service === "naver") return json({ resultcode: "024", message: "fail" }, 401);
      if (service === "kakao") return json({ code: -401, msg: "no such token" }, 401);
      return json({ error: { code: 401, status: "UNAUTHENTICATED" } }, 401);
    }
    const { id, name, email, picture, isEmailVerified = true } = held.person;
    const own = trouble === "no_id" ? undefined : id;
    if (service === "google") {
      return json({
        sub: own,
        name,
        given_name: name,
        email,
        email_verified: isEmailVerified,
        picture,
      });
    }
    if (service === "naver") {
      const response = { id: own, nickname: name, email, profile_image: picture };
      return json({ resultcode: "00", message: "success", response });
    }
    return json({
      id: own === undefined ? undefined : Number(own),
      kakao_account: {
        email,
        is_email_valid: true,
        is_email_verified: isEmailVerified,
        profile: { nickname: name, profile_image_url: picture },
      },
    });
  }

  return {
    baseUrl: server.baseUrl,
    seen: server.seen,
    client,
    person(next, doesAgree = true) {
      person = next;
      agrees = doesAgree;
    },
    trouble(at, trouble) {
      if (trouble) troubles.set(at, trouble);
      else troubles.delete(at);
    },
    stop: () => server.stop(),
  };
}
