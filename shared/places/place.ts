import { fail, type Failure } from "../apis/result.ts";

/** Degrees, WGS84. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** The box every Korean address lies in, in degrees. */
const korea = { south: 33, north: 43, west: 124, east: 132 } as const;

function isInKorea({ latitude, longitude }: Place): boolean {
  return (
    latitude >= korea.south &&
    latitude <= korea.north &&
    longitude >= korea.west &&
    longitude <= korea.east
  );
}

/**
 * Undefined for a place in Korea, else why not, without the coordinates: `not_a_number`, `no_location`
 * (0, 0 is what devices send for "unknown"), `swapped_coordinates` or `outside_korea`.
 */
export function refusePlace(place: Place): Failure | undefined {
  const refuse = (providerCode: string, message: string) =>
    fail("invalid_request", message, { providerCode });
  const { latitude, longitude } = place;
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) {
    return refuse("not_a_number", "latitude or longitude is not a number");
  }
  if (latitude === 0 && longitude === 0) return refuse("no_location", "0, 0 means no location");
  if (isInKorea(place)) return undefined;
  if (isInKorea({ latitude: longitude, longitude: latitude })) {
    return refuse("swapped_coordinates", "latitude and longitude are swapped");
  }
  return refuse("outside_korea", "the place is outside Korea");
}

const earthMeters = 6_371_000;

/** Great-circle distance in meters. */
export function distanceMeters(from: Place, to: Place): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const halfLatitude = radians(to.latitude - from.latitude) / 2;
  const halfLongitude = radians(to.longitude - from.longitude) / 2;
  const a =
    Math.sin(halfLatitude) ** 2 +
    Math.cos(radians(from.latitude)) *
      Math.cos(radians(to.latitude)) *
      Math.sin(halfLongitude) ** 2;
  return 2 * earthMeters * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** `418m`, from one kilometer on `1.2km`. */
export function distanceText(meters: number): string {
  const whole = Math.round(meters);
  return whole < 1000 ? `${whole}m` : `${(meters / 1000).toFixed(1)}km`;
}
