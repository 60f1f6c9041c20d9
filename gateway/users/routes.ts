import type { Route } from "../http/route.ts";
import { deleteMe, deleteMeDoc } from "./delete-me.ts";
import { changeMe, changeMeDoc, readMe, readMeDoc } from "./me.ts";
import {
  listMyCharacters,
  listMyCharactersDoc,
  readOwnership,
  readOwnershipDoc,
} from "./my-characters.ts";

const me = "/api/v1/users/me";
const role = "api";

export const userRoutes: readonly Route[] = [
  { method: "GET", path: me, role, handle: readMe, doc: readMeDoc },
  { method: "PATCH", path: me, role, handle: changeMe, doc: changeMeDoc },
  { method: "DELETE", path: me, role, handle: deleteMe, doc: deleteMeDoc },
  {
    method: "GET",
    path: `${me}/characters`,
    role,
    handle: listMyCharacters,
    doc: listMyCharactersDoc,
  },
  {
    method: "GET",
    path: `${me}/characters/:name/ownership`,
    role,
    handle: readOwnership,
    doc: readOwnershipDoc,
  },
];
