-- Everything that must outlive a coordinator, keyed by application: a cluster serves one bot or many.
-- The same tables as in migrations/postgres. Times are milliseconds since 1970, UTC, by this host's clock.

-- The session start budget as this cluster counts it, and the floor that an operator opened.
CREATE TABLE application (
    application TEXT PRIMARY KEY NOT NULL,
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    window_ends INTEGER,
    opened_floor INTEGER CHECK (opened_floor >= 0),
    floor_ends INTEGER
) STRICT;

-- The lease of leadership. `epoch` only rises; `holder` is null after a clean stop; `beat` changes while the holder lives.
CREATE TABLE leader (
    application TEXT PRIMARY KEY NOT NULL REFERENCES application,
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    holder TEXT,
    beat INTEGER NOT NULL
) STRICT;

CREATE TABLE generation (
    application TEXT NOT NULL REFERENCES application,
    generation INTEGER NOT NULL CHECK (generation >= 1),
    num_shards INTEGER NOT NULL CHECK (num_shards >= 1),
    phase TEXT NOT NULL CHECK (phase IN ('active', 'retired')),
    started_at INTEGER NOT NULL,
    PRIMARY KEY (application, generation)
) STRICT;
CREATE UNIQUE INDEX generation_one_active ON generation (application) WHERE phase = 'active';

CREATE TABLE worker (
    application TEXT NOT NULL REFERENCES application,
    stable_id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity >= 0),
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (application, stable_id)
) STRICT;

-- `epoch` is the fencing token of the shard: it rises with each assignment, and a write with a lower one is refused.
CREATE TABLE shard (
    application TEXT NOT NULL,
    generation INTEGER NOT NULL,
    shard INTEGER NOT NULL CHECK (shard >= 0),
    owner TEXT,
    incarnation TEXT,
    epoch INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    state TEXT NOT NULL DEFAULT 'unowned' CHECK (state IN ('unowned', 'owned', 'retired')),
    PRIMARY KEY (application, generation, shard),
    FOREIGN KEY (application, generation) REFERENCES generation,
    CHECK ((owner IS NOT NULL) = (state = 'owned')),
    CHECK ((owner IS NULL) = (incarnation IS NULL))
) STRICT;

-- What any host needs to RESUME a shard; the three session fields change together, and all are null where the session was lost.
CREATE TABLE session (
    application TEXT NOT NULL,
    generation INTEGER NOT NULL,
    shard INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    session_id TEXT,
    resume_url TEXT,
    sequence INTEGER,
    PRIMARY KEY (application, generation, shard),
    FOREIGN KEY (application, generation, shard) REFERENCES shard,
    CHECK ((session_id IS NULL) = (resume_url IS NULL) AND (session_id IS NULL) = (sequence IS NULL))
) STRICT;

-- One row per Discord `rate_limit_key` that was ever used; `open_permit` is null where the outcome of the last permit is known.
CREATE TABLE rate_limit_key (
    application TEXT NOT NULL REFERENCES application,
    key INTEGER NOT NULL CHECK (key >= 0),
    open_permit TEXT,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (application, key)
) STRICT;

-- The audit of every IDENTIFY.
CREATE TABLE permit (
    application TEXT NOT NULL REFERENCES application,
    permit TEXT NOT NULL,
    key INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    shard INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    worker TEXT NOT NULL,
    coordinator_epoch INTEGER NOT NULL,
    outcome TEXT,
    granted_at INTEGER NOT NULL,
    resolved_at INTEGER,
    PRIMARY KEY (application, permit)
) STRICT;

-- Append-only history: what happened, to which shard or worker, why, when.
CREATE TABLE transition (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    application TEXT NOT NULL REFERENCES application,
    coordinator_epoch INTEGER NOT NULL,
    kind TEXT NOT NULL,
    generation INTEGER,
    shard INTEGER,
    epoch INTEGER,
    worker TEXT,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX transition_newest ON transition (application, id DESC);
