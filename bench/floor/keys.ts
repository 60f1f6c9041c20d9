/** Names of the bare pipe in Redis, away from the fleet's. */
export const floorKeys = {
  shard: (shard: number) => `floor:shard:${shard}`,
  live: (job: string) => `floor:live:${job}`,
  published: (job: string) => `floor:published:${job}`,
  group: "floor",
} as const;
export const floorShards = 4;
