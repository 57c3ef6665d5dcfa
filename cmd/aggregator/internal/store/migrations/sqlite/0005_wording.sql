-- SPDX-License-Identifier: Apache-2.0
-- The texts of a check are kept once, and not in each look of each establishment; and
-- what a bundle says of its profile once, and not in each bundle.

-- +goose Up
INSERT INTO upkeep (name, value) SELECT 'rebuild', 'needed' FROM bundle LIMIT 1 ON CONFLICT (name) DO NOTHING;

CREATE TABLE wording (
    digest  TEXT PRIMARY KEY,
    content TEXT NOT NULL
);

DELETE FROM finding_look;
DELETE FROM disagreement;
DELETE FROM agent_run;
ALTER TABLE finding_look ADD COLUMN wording TEXT NOT NULL DEFAULT '';

-- Projections whose rows are small lie in the order of their key, once, and refer to
-- nothing that is not written with them: an arrival writes each row to one tree, not two.
DROP TABLE finding_event;
DROP TABLE finding_episode;
DROP TABLE finding;
DROP TABLE coverage;
DROP TABLE control_result;

CREATE TABLE finding (
    finess         TEXT NOT NULL,
    fp             TEXT NOT NULL,
    check_id       TEXT NOT NULL,
    family         TEXT NOT NULL,
    target         TEXT NOT NULL,
    vantage        TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    severity       TEXT NOT NULL,
    severity_rank  BIGINT NOT NULL,
    undeclared     BOOLEAN NOT NULL,
    observed       TEXT NOT NULL CHECK (observed IN ('clear', 'open', 'resolved', 'reopened', 'unverified')),
    observed_since BIGINT NOT NULL,
    first_seen     BIGINT NOT NULL,
    episode        BIGINT NOT NULL,
    failing        BOOLEAN NOT NULL,
    PRIMARY KEY (finess, fp)
) WITHOUT ROWID;
CREATE INDEX finding_by_outcome ON finding (finess, outcome, undeclared, severity_rank);

CREATE TABLE finding_event (
    finess    TEXT NOT NULL,
    fp        TEXT NOT NULL,
    at        BIGINT NOT NULL,
    bundle_id TEXT NOT NULL,
    was       TEXT NOT NULL,
    became    TEXT NOT NULL,
    PRIMARY KEY (finess, fp, bundle_id)
) WITHOUT ROWID;

CREATE TABLE finding_episode (
    finess       TEXT NOT NULL,
    fp           TEXT NOT NULL,
    episode      BIGINT NOT NULL,
    opened_at    BIGINT NOT NULL,
    closed_at    BIGINT NOT NULL DEFAULT 0,
    close_reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (finess, fp, episode)
) WITHOUT ROWID;

CREATE TABLE coverage (
    finess   TEXT NOT NULL,
    check_id TEXT NOT NULL,
    target   TEXT NOT NULL,
    vantage  TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    status   TEXT NOT NULL,
    causes   TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (finess, check_id, target, vantage)
) WITHOUT ROWID;

CREATE TABLE control_result (
    finess      TEXT NOT NULL,
    catalog     TEXT NOT NULL,
    control_id  TEXT NOT NULL,
    position    BIGINT NOT NULL,
    state       TEXT NOT NULL,
    profile     TEXT NOT NULL,
    detail      TEXT NOT NULL,
    PRIMARY KEY (finess, catalog, control_id)
) WITHOUT ROWID;

CREATE TABLE profile_ref (
    id      INTEGER PRIMARY KEY,
    content TEXT NOT NULL UNIQUE
);
INSERT INTO profile_ref (content) SELECT DISTINCT profile FROM bundle;
ALTER TABLE bundle ADD COLUMN profile_id BIGINT NOT NULL DEFAULT 0;
UPDATE bundle SET profile_id = (SELECT id FROM profile_ref WHERE content = profile);
ALTER TABLE bundle DROP COLUMN profile;

-- +goose Down
ALTER TABLE bundle ADD COLUMN profile TEXT NOT NULL DEFAULT '';
UPDATE bundle SET profile = (SELECT content FROM profile_ref WHERE id = profile_id);
ALTER TABLE bundle DROP COLUMN profile_id;
DROP TABLE profile_ref;
ALTER TABLE finding_look DROP COLUMN wording;
DROP TABLE wording;
