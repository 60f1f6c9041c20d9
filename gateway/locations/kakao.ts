import type { ApiSettings } from "../../shared/apis/http.ts";
import type { KakaoLocal } from "../../shared/apis/kakao-local.ts";
import type { ApiResult, Failure } from "../../shared/apis/result.ts";
import { fail } from "../../shared/apis/result.ts";
import { location } from "../../shared/limits.ts";

/** What the routes ask Kakao for. */
export type Kakao = Pick<KakaoLocal, "searchKeyword">;

/**
 * Kakao behind a breaker: after some failures in a row nobody waits for it for a while, then one call tries. Loaded when
 * first asked. Undefined without a key.
 */
export function openKakao(settings: ApiSettings): Kakao | undefined {
  if (!settings.key) return undefined;
  let opened: Promise<Kakao> | undefined;
  return {
    async searchKeyword(search, signal) {
      opened ??= open(settings);
      return (await opened).searchKeyword(search, signal);
    },
  };
}

async function open(settings: ApiSettings): Promise<Kakao> {
  const [
    { kakaoLocal },
    { circuitBreaker, ConsecutiveBreaker, handleWhenResult, isBrokenCircuitError },
  ] = await Promise.all([import("../../shared/apis/kakao-local.ts"), import("cockatiel")]);
  const client = kakaoLocal({ retries: 1, ...settings });
  const breaker = circuitBreaker(
    handleWhenResult((result) => isOutage(result as ApiResult<unknown>)),
    {
      halfOpenAfter: location.kakaoPauseMs,
      breaker: new ConsecutiveBreaker(location.kakaoFailures),
    },
  );
  return {
    async searchKeyword(search, signal) {
      try {
        return await breaker.execute(() => client.searchKeyword(search, signal));
      } catch (cause) {
        if (isBrokenCircuitError(cause)) return fail("upstream", "Kakao Local: not asked for now");
        throw cause;
      }
    },
  };
}

/** Not: our own mistake, an empty result, or a caller who went away. */
function isOutage(result: ApiResult<unknown>): boolean {
  if (result.ok || isEmpty(result) || result.kind === "invalid_request") return false;
  return result.kind !== "timeout" || result.retriable;
}

export function isEmpty(failure: Failure): boolean {
  return failure.kind === "not_found";
}
