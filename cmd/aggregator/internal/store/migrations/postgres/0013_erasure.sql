-- SPDX-License-Identifier: Apache-2.0
-- What is left of establishments that were erased (docs/adr/0052-erasure.md): a signed
-- record each. It belongs to the region, and names none: only the digest of its number.

-- +goose Up
CREATE TABLE erasure (
    subject TEXT NOT NULL,
    at      BIGINT NOT NULL,
    record  TEXT NOT NULL,
    PRIMARY KEY (subject, at)
);

-- +goose Down
DROP TABLE erasure;
