import * as v from "valibot";
import { AppError } from "../../shared/errors.ts";
import { input } from "../../shared/limits.ts";
import type { Handle } from "../deps.ts";
import { readJson, validate } from "../http/body.ts";
import type { RouteDoc } from "../openapi/route-doc.ts";
import { normalisePhone } from "./phone.ts";
import { Profile, readProfile, updateProfile } from "./profile.ts";

/** GET who the caller is. */
export const readMe: Handle = async (c, deps) =>
  c.json(await readProfile(deps, c.get("principal")));

export const readMeDoc: RouteDoc = {
  summary: "The caller's profile",
  tag: "users",
  answers: { 200: { about: "the profile", body: Profile } },
  errors: ["USER_NOT_FOUND"],
};

const Body = v.object({
  nickname: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => !/\p{Cc}/u.test(text), "must be one line without control characters"),
      v.trim(),
      v.minLength(1, "must not be blank"),
      v.maxLength(input.nicknameChars, `must have at most ${input.nicknameChars} characters`),
    ),
  ),
  phone_number: v.optional(
    v.pipe(
      v.string(),
      v.minLength(10, "must have 10 to 20 characters"),
      v.maxLength(20, "must have 10 to 20 characters"),
      v.description("A Korean mobile number, written in any way."),
    ),
  ),
});

/** PATCH nickname, phone number or both. */
export const changeMe: Handle = async (c, deps) => {
  const { nickname, phone_number: asked } = validate(Body, await readJson(c.req.raw));
  if (nickname === undefined && asked === undefined) throw new AppError("NO_CHANGES_PROVIDED");
  const phone = asked === undefined ? undefined : normalisePhone(asked);
  if (asked !== undefined && phone === undefined) throw new AppError("INVALID_PHONE_NUMBER");
  const principal = c.get("principal");
  await readProfile(deps, principal); // there, or made
  const changes = { nickname, phone_number: phone };
  if (!(await updateProfile(deps, principal.userId, changes))) throw new AppError("USER_NOT_FOUND");
  return c.json(await readProfile(deps, principal));
};

export const changeMeDoc: RouteDoc = {
  summary: "Change the caller's profile",
  tag: "users",
  body: Body,
  answers: { 200: { about: "the profile as it is now", body: Profile } },
  errors: ["NO_CHANGES_PROVIDED", "INVALID_PHONE_NUMBER", "PHONE_NUMBER_IN_USE", "USER_NOT_FOUND"],
};
