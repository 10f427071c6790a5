-- Everything that must outlive a coordinator, keyed by application: a cluster serves one bot or many.

-- The session start budget as this cluster counts it, and the floor that an operator opened. Times are this database's.
CREATE TABLE application (
    application text PRIMARY KEY,
    used integer NOT NULL DEFAULT 0 CHECK (used >= 0),
    window_ends timestamptz,
    opened_floor integer CHECK (opened_floor >= 0),
    floor_ends timestamptz
);

-- The lease of leadership. `epoch` only rises; `holder` is null after a clean stop; `beat` changes while the holder lives.
CREATE TABLE leader (
    application text PRIMARY KEY REFERENCES application,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    holder text,
    beat bigint NOT NULL
);

CREATE TABLE generation (
    application text NOT NULL REFERENCES application,
    generation integer NOT NULL CHECK (generation >= 1),
    num_shards integer NOT NULL CHECK (num_shards >= 1),
    phase text NOT NULL CHECK (phase IN ('active', 'retired')),
    started_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (application, generation)
);
CREATE UNIQUE INDEX generation_one_active ON generation (application) WHERE phase = 'active';

CREATE TABLE worker (
    application text NOT NULL REFERENCES application,
    stable_id text NOT NULL,
    incarnation text NOT NULL,
    capacity integer NOT NULL CHECK (capacity >= 0),
    joined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (application, stable_id)
);

-- `epoch` is the fencing token of the shard: it rises with each assignment, and a write with a lower one is refused.
CREATE TABLE shard (
    application text NOT NULL,
    generation integer NOT NULL,
    shard integer NOT NULL CHECK (shard >= 0),
    owner text,
    incarnation text,
    epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    state text NOT NULL DEFAULT 'unowned' CHECK (state IN ('unowned', 'owned', 'retired')),
    PRIMARY KEY (application, generation, shard),
    FOREIGN KEY (application, generation) REFERENCES generation,
    CHECK ((owner IS NOT NULL) = (state = 'owned')),
    CHECK ((owner IS NULL) = (incarnation IS NULL))
);

-- What any host needs to RESUME a shard; the three session fields change together, and all are null where the session was lost.
-- Updated each second: room is left in every page so that an update touches no index.
CREATE TABLE session (
    application text NOT NULL,
    generation integer NOT NULL,
    shard integer NOT NULL,
    epoch bigint NOT NULL,
    session_id text,
    resume_url text,
    sequence bigint,
    PRIMARY KEY (application, generation, shard),
    FOREIGN KEY (application, generation, shard) REFERENCES shard,
    CHECK ((session_id IS NULL) = (resume_url IS NULL) AND (session_id IS NULL) = (sequence IS NULL))
) WITH (fillfactor = 70);

-- One row per Discord `rate_limit_key` that was ever used; `open_permit` is null where the outcome of the last permit is known.
CREATE TABLE rate_limit_key (
    application text NOT NULL REFERENCES application,
    key integer NOT NULL CHECK (key >= 0),
    open_permit text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (application, key)
);

-- The audit of every IDENTIFY.
CREATE TABLE permit (
    application text NOT NULL REFERENCES application,
    permit text NOT NULL,
    key integer NOT NULL,
    generation integer NOT NULL,
    shard integer NOT NULL,
    epoch bigint NOT NULL,
    worker text NOT NULL,
    coordinator_epoch bigint NOT NULL,
    outcome text,
    granted_at timestamptz NOT NULL,
    resolved_at timestamptz,
    PRIMARY KEY (application, permit)
);

-- Append-only history: what happened, to which shard or worker, why, when.
CREATE TABLE transition (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application text NOT NULL REFERENCES application,
    coordinator_epoch bigint NOT NULL,
    kind text NOT NULL,
    generation integer,
    shard integer,
    epoch bigint,
    worker text,
    detail text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX transition_newest ON transition (application, id DESC);
