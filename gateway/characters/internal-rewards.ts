import * as v from "valibot";
import { give, grantOf, type RewardDeps } from "../../shared/characters/give.ts";
import { match } from "../../shared/characters/reward.ts";
import { UserId } from "../../shared/contract/ids.ts";
import type { Log } from "../../shared/log.ts";
import { readJson, validate } from "../http/body.ts";
import { asAppError, statusOf } from "../http/fail.ts";

const Label = v.pipe(v.string(), v.maxLength(100));
const Body = v.object({
  user_id: UserId,
  source: v.picklist(["scan", "quest"]),
  classification: v.object({
    major_category: Label,
    middle_category: Label,
    minor_category: v.nullish(Label),
    confidence: v.nullish(v.number()),
  }),
  disposal_rules_present: v.optional(v.boolean(), true),
  insufficiencies_present: v.optional(v.boolean(), false),
});

const path = "/internal/characters/rewards";

/**
 * POST …/rewards on the admin port, which nothing outside the cluster reaches: gives the character a classification
 * earns, once. Undefined for any other path.
 */
export async function internalRewards(
  request: Request,
  deps: RewardDeps & { readonly log: Log },
): Promise<Response | undefined> {
  if (new URL(request.url).pathname !== path) return undefined;
  try {
    if (request.method !== "POST")
      return Response.json(
        { detail: "POST only", code: "METHOD_NOT_ALLOWED" },
        { status: 405, headers: { allow: "POST" } },
      );
    const body = validate(Body, await readJson(request));
    return Response.json(await reward(deps, body));
  } catch (cause) {
    const error = asAppError(cause);
    const status = statusOf(error.code);
    if (status >= 500) deps.log.warn("internal reward not given", { code: error.code, error });
    const { code, errors } = error;
    return Response.json(
      { detail: error.detail ?? "the request failed", code, ...(errors && { errors }) },
      { status },
    );
  }
}

async function reward(deps: RewardDeps, body: v.InferOutput<typeof Body>) {
  const found = deps.isEnabled
    ? await match(deps.catalog, {
        classification: body.classification,
        hasRules: body.disposal_rules_present,
        insufficiencies: body.insufficiencies_present ? ["reported"] : [],
      })
    : undefined;
  if (!found) return { received: false, already_owned: false };
  const { character, reason } = found;
  const given = await give(deps, grantOf(body.user_id, character, body.source));
  return {
    received: given === "new",
    already_owned: given === "owned",
    name: character.name,
    dialog: character.dialog,
    match_reason: reason,
    character_type: character.type,
    type: character.type,
  };
}
