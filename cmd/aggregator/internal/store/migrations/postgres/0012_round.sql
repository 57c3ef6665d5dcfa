-- SPDX-License-Identifier: Apache-2.0
-- What a region does on a rhythm, and how it last ended: one row a round. It is work of
-- the region, of no establishment. The queue itself has tables of its own (River's).

-- +goose Up
CREATE TABLE round (
    name      TEXT PRIMARY KEY,
    done_at   BIGINT NOT NULL,
    took      BIGINT NOT NULL, -- microseconds
    failed_at BIGINT NOT NULL,
    failure   TEXT NOT NULL
);

-- +goose Down
DROP TABLE round;
