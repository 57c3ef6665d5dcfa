-- SPDX-License-Identifier: Apache-2.0
-- The evidence log (docs/adr/0048-evidence-log.md): digests only, never a name. Those of
-- the audit belong to the region, and name no establishment.

-- +goose Up
INSERT INTO upkeep (name, value) SELECT 'log', 'needed' FROM bundle LIMIT 1 ON CONFLICT (name) DO NOTHING;
INSERT INTO upkeep (name, value) SELECT 'log', 'needed' FROM audit LIMIT 1 ON CONFLICT (name) DO NOTHING;

-- What the rows of an establishment in one table add up to, by a secret of the region.
CREATE TABLE log_sum (
    finess  TEXT NOT NULL,
    subject TEXT NOT NULL,
    total   BLOB NOT NULL,
    PRIMARY KEY (finess, subject)
) WITHOUT ROWID;

-- Leaves that have no place in the tree yet: they get one with the next checkpoint.
CREATE TABLE log_pending (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT NOT NULL,
    finess TEXT NOT NULL,
    ref    TEXT NOT NULL,
    rows   TEXT NOT NULL,
    hash   BLOB NOT NULL,
    seal   BLOB NOT NULL
);

-- The nodes of the tree, in the order in which they were completed; and of those that are
-- leaves, what they are of.
CREATE TABLE log_node (
    node INTEGER PRIMARY KEY,
    hash BLOB NOT NULL
);
CREATE TABLE log_leaf (
    node   INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    finess TEXT NOT NULL,
    ref    TEXT NOT NULL,
    rows   TEXT NOT NULL,
    seal   BLOB NOT NULL
);
CREATE INDEX log_leaf_by_ref ON log_leaf (ref);

CREATE TABLE log_checkpoint (
    size      BIGINT NOT NULL,
    signed_at BIGINT NOT NULL,
    note      TEXT NOT NULL,
    PRIMARY KEY (size, signed_at)
);

CREATE TABLE log_stamp (
    size      BIGINT NOT NULL,
    signed_at BIGINT NOT NULL,
    authority TEXT NOT NULL,
    at        BIGINT NOT NULL,
    token     BLOB NOT NULL,
    PRIMARY KEY (size, signed_at, authority)
);

-- +goose Down
DROP TABLE log_stamp;
DROP TABLE log_checkpoint;
DROP TABLE log_leaf;
DROP TABLE log_node;
DROP TABLE log_pending;
DROP TABLE log_sum;
DELETE FROM upkeep WHERE name = 'log';
