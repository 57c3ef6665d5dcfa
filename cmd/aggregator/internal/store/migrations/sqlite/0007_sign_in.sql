-- SPDX-License-Identifier: Apache-2.0
-- Attempts to sign in are written down before anything is proven, and taken back once
-- they succeed. Where a person usually signs in from begins with what the journal knows.

-- +goose Up
DROP TABLE sign_in_failure;
CREATE TABLE sign_in_attempt (
    attempt TEXT NOT NULL,
    subject TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (attempt, subject)
);
CREATE INDEX sign_in_attempt_by_subject ON sign_in_attempt (subject, at);

CREATE TABLE usual_origin (
    user_id TEXT NOT NULL REFERENCES app_user (id),
    origin  TEXT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, origin)
);
INSERT INTO usual_origin (user_id, origin, last_at)
SELECT u.id, d.ip, MAX(d.at) FROM audit d JOIN app_user u ON u.email = d.actor
WHERE d.action IN ('sign-in', 'first-sign-in') GROUP BY u.id, d.ip;

-- +goose Down
DROP TABLE usual_origin;
DROP TABLE sign_in_attempt;
CREATE TABLE sign_in_failure (
    subject TEXT NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_by_subject ON sign_in_failure (subject, at);
