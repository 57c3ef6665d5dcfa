-- SPDX-License-Identifier: Apache-2.0
-- What no agent that is well does, as it was seen on arrival: no projection, since the
-- sealed bundles do not tell from where they came.

-- +goose Up
CREATE TABLE oddity (
    agent_id  TEXT NOT NULL REFERENCES agent (id),
    bundle_id TEXT NOT NULL,
    kind      TEXT NOT NULL,
    finess    TEXT NOT NULL REFERENCES establishment (finess),
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    was       TEXT NOT NULL,
    became    TEXT NOT NULL,
    PRIMARY KEY (agent_id, bundle_id, kind)
);
CREATE INDEX oddity_by_time ON oddity (at);

ALTER TABLE agent ADD COLUMN last_address TEXT NOT NULL DEFAULT '';
ALTER TABLE agent_run ADD COLUMN completed BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE agent_run DROP COLUMN completed;
ALTER TABLE agent DROP COLUMN last_address;
DROP TABLE oddity;
