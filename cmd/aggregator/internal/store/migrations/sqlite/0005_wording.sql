-- SPDX-License-Identifier: Apache-2.0
-- The texts of a check are kept once, and not in each look of each establishment; and
-- what a bundle says of its profile once, and not in each bundle.

-- +goose Up
INSERT INTO upkeep (name, value) SELECT 'rebuild', 'needed' FROM bundle LIMIT 1 ON CONFLICT (name) DO NOTHING;

CREATE TABLE wording (
    digest  TEXT PRIMARY KEY,
    content TEXT NOT NULL
);

DELETE FROM finding_event;
DELETE FROM finding_episode;
DELETE FROM finding_look;
DELETE FROM finding;
DELETE FROM coverage;
DELETE FROM control_result;
DELETE FROM disagreement;
DELETE FROM agent_run;
ALTER TABLE finding_look ADD COLUMN wording TEXT NOT NULL DEFAULT '';

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
