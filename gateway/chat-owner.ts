import type { ChatId, UserId } from "../shared/contract/ids.ts";
import { AppError } from "../shared/errors.ts";
import { keys } from "../shared/keys.ts";
import { ttl } from "../shared/limits.ts";
import { findChatOwner } from "./chats.ts";
import type { Deps } from "./deps.ts";

type Stores = Pick<Deps, "redis" | "sql">;

/** Who owns a chat is kept in Redis-S, so that messages are taken while PostgreSQL is away. */
export async function rememberOwner(
  { redis }: Pick<Stores, "redis">,
  chatId: ChatId,
  userId: UserId,
  /** Made this moment: nobody has said anything in it. */
  isFresh = false,
): Promise<void> {
  const key = keys.chatOwner(chatId);
  const fresh = isFresh ? { fresh: "1" } : {};
  await redis
    .pipeline()
    .hset(key, { user_id: userId, ...fresh })
    .expire(key, ttl.chatOwnerSeconds)
    .exec();
}

/** A deleted chat stays marked for as long as an owner would be kept, whatever a slow look-up writes meanwhile. */
export async function rememberDeleted({ redis }: Stores, chatId: ChatId): Promise<void> {
  const key = keys.chatOwner(chatId);
  await redis.multi().hset(key, "deleted", "1").expire(key, ttl.chatOwnerSeconds).exec();
}

/** Throws `CHAT_NOT_FOUND` unless the chat is there and this user's; a foreign chat is an unknown one. */
export async function requireOwner(stores: Stores, chatId: ChatId, userId: UserId): Promise<void> {
  const [known, deleted] = await stores.redis.hmget(keys.chatOwner(chatId), "user_id", "deleted");
  const owner = known ?? (await findChatOwner(stores.sql, chatId));
  if (deleted || owner !== userId) throw new AppError("CHAT_NOT_FOUND");
  // kept while it is used; a failure only costs the next one a look-up
  const kept = known
    ? stores.redis.expire(keys.chatOwner(chatId), ttl.chatOwnerSeconds)
    : rememberOwner(stores, chatId, userId);
  kept.catch(() => undefined);
}
