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
    total   BYTEA NOT NULL,
    PRIMARY KEY (finess, subject)
);
SELECT carescan_guard('log_sum');

-- Leaves that have no place in the tree yet: they get one with the next checkpoint.
-- Everybody writes those of the region.
CREATE TABLE log_pending (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind   TEXT NOT NULL,
    finess TEXT NOT NULL,
    ref    TEXT NOT NULL,
    rows   TEXT NOT NULL,
    hash   BYTEA NOT NULL,
    seal   BYTEA NOT NULL
);
SELECT carescan_guard('log_pending');
CREATE POLICY leaf ON log_pending FOR INSERT WITH CHECK (finess = '');

-- Of the region: the nodes of the tree, in the order in which they were completed, are
-- digests that every proof needs.
CREATE TABLE log_node (
    node BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL
);
-- What those nodes are of that are leaves.
CREATE TABLE log_leaf (
    node   BIGINT PRIMARY KEY,
    kind   TEXT NOT NULL,
    finess TEXT NOT NULL,
    ref    TEXT NOT NULL,
    rows   TEXT NOT NULL,
    seal   BYTEA NOT NULL
);
CREATE INDEX log_leaf_by_ref ON log_leaf (ref);
SELECT carescan_guard('log_leaf');

-- Of the region: what it signed, and who time-stamped it.
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
    token     BYTEA NOT NULL,
    PRIMARY KEY (size, signed_at, authority)
);

-- +goose Down
DROP TABLE log_stamp, log_checkpoint, log_leaf, log_node, log_pending, log_sum;
DELETE FROM upkeep WHERE name = 'log';
