import type { Route } from "../http/route.ts";
import { listCenters, listCentersDoc } from "./centers.ts";
import { readCenter, readCenterDoc } from "./detail.ts";
import { searchLocations, searchLocationsDoc } from "./search.ts";
import { suggestLocations, suggestLocationsDoc } from "./suggest.ts";

const locations = "/api/v1/locations";

export const locationRoutes: readonly Route[] = [
  {
    method: "GET",
    path: `${locations}/centers`,
    role: "api",
    handle: listCenters,
    doc: listCentersDoc,
  },
  {
    method: "GET",
    path: `${locations}/centers/:id`,
    role: "api",
    handle: readCenter,
    doc: readCenterDoc,
  },
  {
    method: "GET",
    path: `${locations}/search`,
    role: "api",
    handle: searchLocations,
    doc: searchLocationsDoc,
  },
  {
    method: "GET",
    path: `${locations}/suggest`,
    role: "api",
    handle: suggestLocations,
    doc: suggestLocationsDoc,
  },
];
