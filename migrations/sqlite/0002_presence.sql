-- What the shards show, as operators set it: for all of them where `shard` is -1, else for that one of the active shard set.
CREATE TABLE presence (
    application TEXT NOT NULL REFERENCES application,
    shard INTEGER NOT NULL CHECK (shard >= -1),
    revision INTEGER NOT NULL CHECK (revision >= 1),
    data TEXT NOT NULL,
    PRIMARY KEY (application, shard)
) STRICT;
