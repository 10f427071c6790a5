-- What the shards show, as operators set it: for all of them where `shard` is -1, else for that one of the active shard set.
-- `data` is text and not jsonb: it comes back as it was written.
CREATE TABLE presence (
    application text NOT NULL REFERENCES application,
    shard integer NOT NULL CHECK (shard >= -1),
    revision bigint NOT NULL CHECK (revision >= 1),
    data text NOT NULL,
    PRIMARY KEY (application, shard)
);
