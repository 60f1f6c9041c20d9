/**
 * Every TTL, timeout, size and count of the product, with unit and reason.
 * A number that only one external API knows lives beside that API.
 */
const seconds = 1000;

/** What a client may send. */
export const input = {
  /** Whole request body; above it 413 before parsing. A message is at most 10,000 chars (40 kB of UTF-8). */
  bodyBytes: 256 * 1024,
  messageChars: 10_000,
  titleChars: 200,
  nicknameChars: 120,
  imageUrlChars: 2048,
  modelChars: 64,
  idempotencyKeyChars: 128,
  listLimit: { default: 20, max: 100 },
  newsLimit: { default: 10, max: 50 },
  historyLimit: { default: 50, max: 200 },
} as const;

/**
 * What one user, and one address, may do before 429. Each can be set by the environment (`gateway/config.ts`).
 * Buckets hold `burst` and refill steadily. People stay far below; so does a script that waits for each answer.
 */
export const quota = {
  /** New messages of one user. The cost of a job is bounded elsewhere: these keep one user from filling the queue. */
  messagesPerMinute: 300,
  messageBurst: 100,
  /** Jobs of one user that have not ended, those waiting for their turn in a chat included. */
  jobsAtOnce: 20,
  /** Event streams of one user, all devices and tabs together. */
  streamsAtOnce: 50,
  /** Opening streams: a client that comes back without pause is held to this. */
  streamOpensPerSecond: 10,
  streamBurst: 30,
  /** Upload addresses of one user: a person takes a few photos, a script could fill the store. */
  uploadsPerMinute: 60,
  uploadBurst: 30,
  /** Turns of one user with the assistant. */
  assistantPerMinute: 20,
  /** Requests of one address (IPv6: one /64), of whatever user. Loopback has no limit unless one is configured. */
  addressRequestsPerSecond: 100,
  addressBurst: 400,
  /** A stream's place is kept this long without being renewed: a gateway that died gives it back by itself. */
  slotLeaseMs: 30 * seconds,
  slotRenewMs: 10 * seconds,
  /** The shared count must answer within this; then the process counts alone, and asks again after the pause. */
  sharedMs: 100,
  alonePauseMs: 1 * seconds,
  /** Sign-ins begun from one address: each is kept for ten minutes. */
  signInsPerSecond: 1,
  signInBurst: 30,
  /** Users and addresses a process counts for itself at most; past it the one unseen for longest starts anew. */
  localEntries: 20_000,
} as const;

/** Pictures of people. */
export const images = {
  /** Of one picture. A photo of a phone has 3 to 6 MB. */
  bytes: 10 * 1024 * 1024,
  /** What a picture may ask of whoever decodes it: 100 megapixels are 400 MB. Phones make up to 50 of them in 10 MiB. */
  pixels: 100_000_000,
  sidePixels: 20_000,
  filenameChars: 255,
  /** Of the JSON a client may keep with an upload. */
  metadataChars: 2048,
  /** An upload address is good for this long; so is its record. */
  uploadSeconds: 900,
  /** One upload, however slow the phone. */
  uploadMs: 120 * seconds,
  /** A file that is still unfinished after this belongs to nobody any more. */
  unfinishedMs: 3600 * seconds,
  sweepEveryMs: 600 * seconds,
  /** Days a record waits for its bytes. */
  notStoredDays: 1,
  /** Pictures of one user removed per round. */
  removeCount: 200,
  /** Tries of writing an upload's record, with pauses of 0.1, 0.2 s … between. */
  recordTries: 3,
  recordPauseMs: 100,
} as const;

/** Tokens and who may still use them. */
export const auth = {
  /** Clocks of issuer and gateway may differ by this much. */
  leewaySeconds: 30,
  /** A token good for longer is refused: nobody remembers a revocation for ever. */
  maxTokenSeconds: 7 * 86_400,
  /** Ours have some 300 characters. */
  tokenChars: 4096,
  /** Verified tokens a process remembers: 10,000 cost about 5 MB. */
  knownTokens: 10_000,
  /** The log of revocations is read this often: a lost message of the broker costs this much. */
  revocationsPollMs: 1 * seconds,
  /** Neither the log nor the broker told us anything for this long: nobody gets in before the log was read. */
  revocationsStaleMs: 10 * seconds,
  /** A request waits this long for that. */
  revocationsWaitMs: 1 * seconds,
  /** The broker must take a revocation within this; then it waits in the outbox, and nobody waits for the broker. */
  revocationTellMs: 500,
  /** A log-out waits this long for the stores; then it is a 503, and is safe to be asked for again. */
  logOutMs: 2 * seconds,
} as const;

/** Sign-in and sessions. */
export const signIn = {
  /** From the first click to the way back: a person may have to find a password. */
  stateSeconds: 600,
  /** A sign-in service must answer each question within this. Codes are good once: nothing is tried again. */
  providerMs: 10 * seconds,
  /** Its answers have some 2 kB. */
  answerBytes: 64 * 1024,
  /** Access tokens: how long a stolen one is good. Set by the environment. */
  accessMinutes: 180,
  /** Refresh tokens: how long somebody may stay away. Each use gives a new one. Set by the environment. */
  refreshDays: 30,
  /** Two tabs refresh at once: the second one gets the pair of the first. */
  graceMs: 10 * seconds,
  /** Devices of one user; past it the one unused for longest is signed out. */
  sessionsPerUser: 50,
  /** The database is asked whether the user still exists; when it does not say so in time, the session is enough. */
  userCheckMs: 1 * seconds,
  /** From the page of the development sign-in to the callback. */
  devCodeSeconds: 60,
  /** Names as people may set them here. */
  nicknameChars: 120,
  /** Refused requests are told in one line per code and this long, however many there are. */
  refusalsEveryMs: 60 * seconds,
} as const;

/**
 * Tokens of paid models, fresh and cached input and output together, per day of Korea. A conversation takes a few
 * thousand. The offline mode uses none. Set by the environment; 0: no limit.
 */
export const budget = {
  userTokensPerDay: 1_000_000,
  totalTokensPerDay: 50_000_000,
  /** A day's count is kept this long: it outlives its day in every time zone. */
  ttlSeconds: 2 * 86_400,
  /** Counts that could not be written yet, of so many users. */
  pendingUsers: 10_000,
} as const;

/** The life of one job. */
export const job = {
  /** From the first worker taking it to its end, all attempts together. */
  runMs: 180 * seconds,
  /** From acceptance to the first worker taking it; equals the queue's message TTL. */
  queuedMs: 3600 * seconds,
  /** The watchdog waits this much longer than the worker, so the worker ends its own job when it can. */
  watchdogGraceMs: 3 * seconds,
  /** A worker that has not renewed for this long counts as gone. */
  leaseMs: 8 * seconds,
  /** An ender from outside has this long for its append; it takes milliseconds. Then the watchdog follows it. */
  seizeMs: 2 * seconds,
  /** Pause before an ender looks again whether another one has ended the job. */
  seizePollMs: 25,
  /** Renewal also carries news (ended, stale) to the worker: cancel reaches it within this time. */
  renewMs: 1 * seconds,
  /** How long a job waiting for its turn in a chat sleeps between looks. */
  turnPollMs: 200,
  /**
   * The message of a job that ended is kept for this long: many times what its last event takes to its readers and its
   * rows. Not longer, because autoscaling counts these messages too.
   */
  keptMs: 2 * seconds,
  /** Of so many jobs at most, per worker: half of the messages it holds beside those it runs. */
  keptMost: 32,
  /** Attempts before the job is failed for good: the first delivery and its returns. */
  maxAttempts: 4,
  /** Largest answer stored whole: 1 MB. */
  answerBytes: 1024 * 1024,
} as const;

/** A worker process and its memory. */
export const worker = {
  /** Jobs at once at most, whatever the setting. */
  jobsAtOnce: 1000,
  /**
   * Requests of one process under way at once: each answer is one. Bun itself allows 256, and reads another number
   * only from the environment it was started with (1.4.5, 2026-11-21): whoever starts a worker sets it.
   */
  requestsAtOnce: 4096,
  /** Of the limit of its cgroup: what is left is for what jobs that run come to need. */
  memoryShare: 0.8,
  /** Where no cgroup has a limit. */
  memoryBytes: 1024 * 1024 * 1024,
  /** What a job is counted with until its memory shows: measured are 0.3 to 1 MB of a job that streams (2026-11-21). */
  jobBytes: 1024 * 1024,
  memoryShowsMs: 2 * seconds,
  memoryLookMs: 100,
  /** While there is no room: how often garbage is freed, and jobs that wait are looked at. */
  memoryFreeMs: 1 * seconds,
  memoryPollMs: 200,
} as const;

/** Scans: from a picture to a character. */
export const scan = {
  /** A client that sends the same picture again within this gets the same job. */
  idempotencySeconds: 3600,
  /** Stages that are done are not done again by a later attempt; no job lives longer. */
  checkpointSeconds: 3600,
  /** How long a scan waits for its character; without one it is done all the same. */
  rewardWaitMs: 10 * seconds,
  /** Client polls: the next look is no use before this. */
  retryAfterSeconds: 2,
  userInputChars: 1000,
} as const;

/** Questions to a person in the middle of a job. */
export const humanInput = {
  /** How long a job waits for an answer, unless the worker is told otherwise. */
  waitMs: 60 * seconds,
  /** A look at the store while waiting, for when no news came. */
  pollMs: 1 * seconds,
  /** Questions of one node at most: an answer may lead to another question. */
  perNode: 2,
} as const;

/** How long things stay in Redis. Rows in PostgreSQL stay for ever. */
export const ttl = {
  /** A job that never ends is ended by the watchdog long before this. */
  runningSeconds: 86_400,
  /** The full log after the end: clients in the middle of a resume. 200 bytes an entry make an hour too dear. */
  endedLogSeconds: 120,
  /** The ending itself and the job's record: readers that come back later. */
  endedSeconds: 3600,
  idempotencySeconds: 86_400,
  /** What a message asks for, by prompt version; prompts change more often than people do. */
  intentSeconds: 3600,
  /** Who owns a chat, cached for posts while PostgreSQL is away. */
  chatOwnerSeconds: 3600,
} as const;

/** Streams between worker, router and gateway. */
export const stream = {
  shardCount: 4,
  /** Safety net: at this many unacknowledged entries appends answer "full" instead of trimming. */
  shardMaxEntries: 200_000,
  /** How long a worker waits for a full shard to drain before it fails the job. */
  fullWaitMs: 20 * seconds,
  /** A snapshot for late readers is written when at least this many tokens came since the last one. */
  snapshotTokens: 10,
  /** Tokens gathered into one append at most; bounds one script call. */
  batchEntries: 64,
  /** One call appends for several jobs, up to about this: 256 entries keep Redis busy for some 2 ms. */
  callEntries: 256,
  callChars: 1024 * 1024,
} as const;

/** The router. */
export const router = {
  /** Entries of one group read. */
  readCount: 256,
  /** A blocked read wakes at least this often to notice a lost lease. */
  blockMs: 500,
  /** Shard ownership; a dead replica is replaced within this plus one poll. */
  leaseMs: 1500,
  renewMs: 400,
  /** Entries pending longer than this belong to nobody any more. */
  reclaimIdleMs: 5 * seconds,
  reclaimEveryMs: 5 * seconds,
  trimEveryMs: 1 * seconds,
  sweepEveryMs: 1 * seconds,
  /** An outbox entry younger than this is still the gateway's. */
  outboxMinAgeMs: 3 * seconds,
  /** Rows of one transaction, and the longest a finished answer waits for its batch. */
  persistBatch: 100,
  persistWaitMs: 200,
  /** Deliveries of one entry before it is set aside alone. */
  persistTries: 5,
} as const;

/** Readers. */
export const sse = {
  /** Silence after which the log is read: a lost hint costs this much latency, never an event. */
  silenceMs: 2 * seconds,
  /** Comment line on a quiet stream; under Bun's 10 s idle timer and every proxy's. */
  keepaliveMs: 8 * seconds,
  /** Named `keepalive` event the existing web client counts on. */
  keepaliveEventMs: 15 * seconds,
  /** A reader may stay this long; it then resumes by id. */
  maxOpenMs: 300 * seconds,
  /** So many readers come or gone leave some 3 MB of garbage: worth a collection once it is quiet. */
  shrinkAfterReaders: 1000,
  /** Bytes that may wait for a slow reader. */
  waitingBytes: 1024 * 1024,
  waitingEvents: 256,
  /** A reader that took nothing for this long is closed. */
  stalledMs: 30 * seconds,
  /** Spread of the `retry:` hint on shutdown. */
  retryJitterMs: 2 * seconds,
  /** Entries of one log read. */
  logReadCount: 512,
} as const;

/** Locks (`shared/lock/`). */
export const lock = {
  /** Unless the caller says otherwise. */
  ttlMs: 10 * seconds,
  /** Pause between two tries while waiting, with jitter, so that many who wait do not come at once. */
  pollMs: { min: 50, max: 150 },
  /** The store must answer one command within this; then nothing was acquired. */
  commandMs: 1500,
  /** A fence that was lost goes on above the store's clock, so it may be forgotten once no holder is left. */
  fenceTtlSeconds: 8 * 86_400,
} as const;

/** A turn of a room's model. */
export const room = {
  /** A run of the model holds its room this long without being renewed; its worker renews it every second. */
  lockMs: 120 * seconds,
} as const;

/** The assistant. */
export const assistant = {
  /** A turn holds its session this long without being renewed; its worker renews it every second. */
  lockMs: 30 * seconds,
  /** How long a turn waits for the one before it in its session: while a person watches, and in a request. */
  socketWaitMs: 5 * seconds,
  requestWaitMs: 2 * seconds,
  /** How long an answer is waited for; the job goes on. */
  turnWaitMs: 120 * seconds,
  /** Code points of a message. */
  messageChars: 4000,
  /** A session nobody talks in is forgotten after this. 0 keeps it for ever. */
  sessionTtlSeconds: 7 * 86_400,
  /** The same Idempotency-Key within this is the same turn. */
  idempotencySeconds: 3600,
  /** Tokens gather this long, or to this many characters, before they are a frame. The first does not wait. */
  frameMs: 50,
  frameChars: 64,
  /** Turns of a session that are listed. */
  listLimit: { default: 50, max: 200 },
  /** Entries kept of a session: 100 turns. */
  keptItems: 200,
  /** What a model is told of a session, by our estimate; what came before goes into a summary. */
  windowTokens: 8000,
  /** Share of it that stays word for word when a summary is made: the next turns then need none. */
  keptShare: 0.5,
  /** What a tool found, and all of them together. */
  toolResultChars: 2000,
  toolResultsChars: 12_000,
} as const;

/** WebSockets. */
export const ws = {
  /** One frame of a client; one byte more closes with 1009. */
  frameBytes: 16 * 1024,
  /** What may wait for a client that does not read; then it is closed with 1013. */
  waitingBytes: 4 * 1024 * 1024,
  pingMs: 30 * seconds,
  /** No frame and no pong for this long: closed with 4408. Four pings. */
  idleMs: 120 * seconds,
  /** The server's own idle timer, for what `idleMs` could not close. Seconds; Bun takes up to 960. */
  serverIdleSeconds: 240,
  /** A closing frame nobody answers: then the connection is cut. */
  lingerMs: 3 * seconds,
  /** Frames that are none of the protocol's, in a row, before 1007. */
  malformedInRow: 3,
  /** Frames of one socket: a burst, and what flows back. */
  frameBurst: 20,
  framesPerSecond: 2,
  /** Refused frames in a row before 4429: a client that waits for its share never gets there. */
  strikes: 20,
  /** Sockets of one process; the next one is told to come back. 20 KB each. */
  maxSockets: 10_000,
} as const;

/** Rooms. */
export const rooms = {
  textChars: 4000,
  /** Keys of a frame that mean nothing to us, as JSON. */
  extraBytes: 4 * 1024,
  /** Sockets of one room, over all gateways. */
  sockets: 50,
  /** Entries a room keeps, about. */
  entries: 10_000,
  /** Entries on joining: asked for by number, and after an id. */
  replay: 200,
  since: 500,
  /** Of them together: half of what may wait for a client, or a slow one could never come back. */
  replayBytes: 2 * 1024 * 1024,
  /** A room nobody speaks in is forgotten after this. */
  ttlSeconds: 30 * 86_400,
  infoTtlSeconds: 86_400,
  /** A lost bell costs this much latency, never an entry. */
  pollMs: 5 * seconds,
  /** Entries of one read. */
  readCount: 100,
  /** The stream must take a message within this; then its sender is told. */
  storeMs: 1500,
  /** Messages of one room. */
  messagesPer10s: 60,
  invokesPerMinute: 6,
  roomInvokesPerMinute: 20,
  historyPerMinute: 30,
  /** Who may wait for the model. */
  queue: 5,
  queueTtlSeconds: 300,
  publishedTtlSeconds: 7200,
  /** Entries the model is shown. */
  contextEntries: 20,
  /** In mode auto the model waits for people to finish. */
  debounceMs: 1500,
  /** From asking the model to its answer; then the run is ended. */
  answerMs: 240 * seconds,
  /** The gateway that asked says the answer, after its tokens; if it is gone, the worker does. */
  bridgeMs: 2 * seconds,
} as const;

/** The memory of chats. */
export const checkpoint = {
  /** In Redis; PostgreSQL keeps them. */
  ttlSeconds: 86_400,
  /** Checkpoints of a thread Redis holds; a turn writes one. */
  keptInRedis: 5,
  /** Checkpoints of a thread PostgreSQL keeps: each repeats what the chat said so far. */
  keptInPostgres: 3,
  /** Copied to PostgreSQL in batches of this many, or when the oldest waits this long. */
  syncBatch: 50,
  syncEveryMs: 5 * seconds,
  /** One worker copies at a time; a frozen one is replaced after this. */
  syncLeaseMs: 30 * seconds,
  /** Refusals of one checkpoint by PostgreSQL before it is set aside. */
  syncTries: 3,
  /** One command of the cache store. */
  commandMs: 1500,
  /** How long a run waits for stores that do not answer before its job fails. */
  openWaitMs: 20 * seconds,
  /** How long the first message of a chat waits for stores: it has no memory to miss. */
  firstWaitMs: 500,
  /** How long a stopped run is waited for before its text is added to the chat's memory. */
  saveWaitMs: 3 * seconds,
  /** Arrays in arrays, deeper than this, are not ours. */
  maxDepth: 64,
} as const;

/** What the agent remembers of a chat. */
export const memory = {
  /** Messages a model sees as they were, beside the summary. */
  promptMessages: 10,
  /** Messages taken from the stored history when a chat has no checkpoint any more. */
  rebuildMessages: 20,
  /** Things talked about that a later message may refer to, by turn. */
  topics: 12,
  intents: 10,
} as const;

/** Accounts and their deletion. */
export const accounts = {
  /** How often orders that stopped half-way, and those due for their second pass, are looked for. */
  deletionPollMs: 30 * seconds,
  /** An order this old and not erased was left by a process that died, or by a store that was away. */
  deletionRetryMs: 30 * seconds,
  /** By then nothing of the account is on its way any more: longer than a job may run, and its rows to be copied. */
  deletionSecondPassMs: 600 * seconds,
} as const;

/** News: what readers get, and how often it is collected. */
export const news = {
  /** Newest articles of a list that are cached; beyond them the table is read. */
  feedRows: 200,
  feedTtlSeconds: 3600,
  /** Longer than any feed that names it. */
  articleTtlSeconds: 3700,
  /** Entries of one look into a feed, and looks at most: together the whole feed. */
  feedChunk: 51,
  feedRounds: 5,
  /** The cache must answer within this; then the table is read. */
  cacheMs: 200,
  /** One process fills an empty feed; another may try after this. */
  refillLockSeconds: 30,
  countMs: 60 * seconds,
  /** Between two runs of a source, over all workers. */
  naverEveryMs: 300 * seconds,
  /** Two queries a run: 96 of the 200 free calls a day. */
  newsdataEveryMs: 1800 * seconds,
  rssEveryMs: 900 * seconds,
  /** How often a worker looks whether a source is due. */
  pollMs: 10 * seconds,
  /** A run is given up after this. */
  runMs: 120 * seconds,
  /** One call of a source. */
  callMs: 10 * seconds,
  /** Articles of one call, and of one run: a source may send any number. */
  perCall: 30,
  perRun: 200,
  /** Of one feed that sends us on to another address. */
  feedChars: 5_000_000,
  naverCallsPerDay: 25_000,
  newsdataCallsPerDay: 180,
  /** A source that says "too often" is left alone this long. */
  holdSeconds: 900,
  /** Pictures are looked for in this many pages at once, each within the time, in the first characters. */
  pagesAtOnce: 10,
  pageMs: 5 * seconds,
  pageChars: 10_000,
  titleChars: 300,
  snippetChars: 500,
  urlChars: 2000,
} as const;

/** Characters and rewards. */
export const characters = {
  /** A copy of the catalogue older than this is read again: a message of the fanout may be lost. */
  catalogMs: 300 * seconds,
  /** A scan waits this long for its match; then it ends without a reward. */
  matchMs: 10 * seconds,
  /** A reward's event waits this long for its rows: many times what a healthy database takes. */
  tellAfterMs: 1 * seconds,
  /** Grants of one statement. While one runs the next gather, so a lone grant never waits. */
  batch: 50,
} as const;

/** Places on the map. */
export const location = {
  /** Around a place; what is asked for beyond is brought within. */
  radiusMeters: { min: 100, max: 50_000, fallback: 5000 },
  /** Around what a text names. */
  searchRadiusMeters: { min: 100, max: 20_000, fallback: 5000 },
  queryChars: 100,
  /** Sites of ours in one answer of a search. */
  searchSites: 50,
  suggestions: 5,
  /** A hit of Kakao this near to a site of ours is that site. */
  samePlaceMeters: 50,
  /** What Kakao knows this near to a site is told in its details, if it answers within the time. */
  detailMeters: 100,
  detailMs: 1500,
  /** Failures of Kakao in a row before nobody waits for it, and for how long. */
  kakaoFailures: 5,
  kakaoPauseMs: 60 * seconds,
} as const;

/** Shutdown: every drain is shorter than the manifests' grace period. */
export const drain = {
  gatewayMs: 10 * seconds,
  workerMs: 120 * seconds,
  routerMs: 10 * seconds,
} as const;

/** A worker that has nothing to do by then makes what its first question would wait for (150 ms of CPU). */
export const warmUpAfterMs = 1 * seconds;

/** Reconnecting never gives up. */
export const reconnect = { firstMs: 100, maxMs: 2 * seconds } as const;

/** Waiting for a store before the caller is told. */
export const wait = {
  /** Publish to confirm; then the outbox has it. */
  confirmMs: 1500,
  /** Redis-S takes a job within this, or its sender is told to try again. */
  acceptMs: 1500,
  /** A connection that is coming back takes commands within this, or the request is refused. */
  readyMs: 1 * seconds,
  redisCommandMs: 5 * seconds,
  postgresMs: 5 * seconds,
  /** Longest pause before PostgreSQL is tried again: its client's own grows to 20 s, with every request that failed. */
  postgresRetryMs: 1 * seconds,
} as const;
