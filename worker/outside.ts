import type { Redis } from "ioredis";
import type { Clock } from "../shared/clock.ts";
import { fail, notConfigured } from "../shared/apis/result.ts";
import type { Sql } from "../shared/clients/postgres.ts";
import { keys } from "../shared/keys.ts";
import { findByText, type TextSearch } from "../shared/locations/find-by-text.ts";
import { type NearbySearch, searchNearby } from "../shared/locations/search-nearby.ts";
import { redisCache } from "../shared/apis/cache.ts";
import { duckDuckGo } from "./apis/duckduckgo.ts";
import { geminiImages } from "./apis/gemini-images.ts";
import { kakaoLocal } from "../shared/apis/kakao-local.ts";
import { keco } from "./apis/keco.ts";
import { kma } from "./apis/kma.ts";
import { mois } from "./apis/mois.ts";
import { openaiImages } from "./apis/openai-images.ts";
import { tavily } from "./apis/tavily.ts";
import type { WorkerConfig } from "./config.ts";
import type { FetchImage } from "./fetch-image.ts";
import { ServiceError } from "./graph/api-failure.ts";
import type { Services, Tools } from "./graph/run-context.ts";
import { collectionSearch } from "./graph/services/collection-search.ts";
import { districtDisposal } from "./graph/services/district-disposal.ts";
import { drawImage, type ImageStore } from "./graph/services/draw-image.ts";
import { ownPlaces, ownPoints } from "./graph/services/own-sites.ts";
import { placeSearch } from "./graph/services/find-places.ts";
import { searchWeb } from "./graph/services/search-web.ts";
import { uploader } from "./images/upload-bytes.ts";
import { seeWith } from "./graph/services/see.ts";
import { weatherReport } from "./graph/services/weather-report.ts";
import { createTools } from "./graph/tools.ts";

/** The executor tries again; a client that did so too would multiply the tries. */
const retries = 0;

/** What nodes and scans use, with everything of the outside world that this process has a key for. */
export function toolsFrom(
  config: OutsideConfig & Pick<WorkerConfig, "policies" | "linkHosts" | "ownImages">,
  shared: Shared &
    Pick<Tools, "observe" | "intentCache" | "matchCharacter"> & { readonly fetchImage: FetchImage },
): Tools {
  const { policies, ownImages } = config;
  const imageStore = storeFor(ownImages, shared.clock);
  const linkHosts = [...config.linkHosts, ...(ownImages ? [ownImages.cdnBase] : [])];
  return createTools(shared.clock, {
    services: servicesFrom(config, { ...shared, imageStore }),
    vision: seeWith(shared.fetchImage),
    policies,
    linkHosts,
    ...(shared.observe && { observe: shared.observe }),
    ...(shared.matchCharacter && { matchCharacter: shared.matchCharacter }),
    ...(shared.intentCache && { intentCache: shared.intentCache }),
  });
}

/** Where made pictures go; undefined where none may be put. */
function storeFor(own: WorkerConfig["ownImages"], clock: Clock): ImageStore | undefined {
  if (!own?.upload) return undefined;
  const upload = uploader({ cdnBase: own.cdnBase, upload: own.upload }, clock);
  return async ({ bytes: data, mimeType: content_type }, uploader_id, signal) => {
    const done = await upload({ data, content_type, uploader_id }, signal);
    if (done.success) return done.cdn_url;
    throw new ServiceError(fail("upstream", `the image store: ${done.error}`));
  };
}

type OutsideConfig = Pick<WorkerConfig, "apis" | "openai" | "google" | "webSearch" | "images">;

interface Shared {
  readonly clock: Clock;
  readonly cache: Pick<Redis, "get" | "set">;
  /** Where made pictures go; nothing can be drawn without one. */
  readonly imageStore?: ImageStore | undefined;
  /** Where imported places are. */
  readonly sql?: Sql | undefined;
}

/** The outside services that are set up. One without its key is absent, and its node says so. */
export function servicesFrom(config: OutsideConfig, shared: Shared): Partial<Services> {
  const { apis, openai, google, webSearch, images } = config;
  const { clock, imageStore } = shared;
  const cache = redisCache(shared.cache, keys.apiCache);
  const kakao = kakaoLocal({ ...apis.kakao, retries });
  const { datasetId } = apis.keco;

  const isNative = Boolean(openai.key ?? google.key) && webSearch !== "off";
  const hasTavily = Boolean(apis.tavily.key) && webSearch !== "off";
  const engines = {
    isNative,
    tavily: hasTavily ? tavily({ ...apis.tavily, retries }) : notConfigured("Tavily"),
    duckDuckGo:
      webSearch === "duckduckgo"
        ? duckDuckGo({ ...apis.duckDuckGo, clock, retries })
        : notConfigured("DuckDuckGo"),
  };
  const makeImage = openai.key
    ? openaiImages({ ...openai, retries })
    : google.key
      ? geminiImages({ ...google, retries })
      : undefined;

  const { sql } = shared;
  const sites = sql && {
    searchNearby: (search: NearbySearch) => searchNearby(sql, search),
    findByText: (search: TextSearch) => findByText(sql, search),
  };

  return {
    ...(sites && { ownPlaces: ownPlaces(sites), ownPoints: ownPoints(sites) }),
    ...(apis.kakao.key && { location: placeSearch(kakao) }),
    ...(apis.kma.key && {
      weather: weatherReport({ kma: kma({ ...apis.kma, clock, cache, retries }), kakao, clock }),
    }),
    ...(apis.keco.key && {
      points: collectionSearch({
        keco: keco({ ...apis.keco, datasetId, clock, retries }),
        kakao,
        cache,
      }),
    }),
    ...(apis.mois.key && { disposal: districtDisposal(mois({ ...apis.mois, retries }), kakao) }),
    ...((isNative || hasTavily || webSearch === "duckduckgo") && {
      web_search: searchWeb(engines),
    }),
    ...(images.isEnabled &&
      makeImage &&
      imageStore && { image_generation: drawImage(makeImage, imageStore) }),
  };
}
