import type { Location } from "../../../shared/contract/job.ts";
import { type Place, refusePlace } from "../../../shared/places/place.ts";

interface UsablePlace {
  readonly place: Place | undefined;
  /** Why a location that came is of no use, in words for a person. */
  readonly problem: string | undefined;
}

const problems: Readonly<Record<string, string>> = {
  swapped_coordinates: "보내 주신 위치는 위도와 경도가 서로 바뀐 것 같아 쓰지 않았어요.",
  outside_korea: "보내 주신 위치가 한국 밖이라 쓰지 않았어요.",
  not_a_number: "보내 주신 위치를 읽을 수 없었어요.",
};

/** A location that services here can work with. Swapped coordinates are not turned round: that would be a guess. */
export function usablePlace(location: Location | null | undefined): UsablePlace {
  if (!location) return { place: undefined, problem: undefined };
  const refused = refusePlace(location);
  if (!refused) return { place: location, problem: undefined };
  return { place: undefined, problem: problems[refused.providerCode ?? ""] };
}
