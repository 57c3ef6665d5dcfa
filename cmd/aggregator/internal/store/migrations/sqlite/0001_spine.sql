-- SPDX-License-Identifier: Apache-2.0
-- Moments are microseconds since 1970 in UTC, 0 for never. See docs/adr/0007-store-two-engines.md.

-- +goose Up
CREATE TABLE establishment (
    finess       TEXT PRIMARY KEY,
    legal_finess TEXT NOT NULL,
    name         TEXT NOT NULL,
    region       TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE TABLE agent (
    id          TEXT PRIMARY KEY,
    finess      TEXT NOT NULL REFERENCES establishment (finess),
    software    TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
    last_seq    BIGINT NOT NULL DEFAULT 0,
    last_seen   BIGINT NOT NULL DEFAULT 0,
    enrolled_at BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX agent_by_establishment ON agent (finess);

CREATE TABLE agent_cert (
    serial        TEXT PRIMARY KEY,
    agent_id      TEXT NOT NULL REFERENCES agent (id),
    public_key    BLOB NOT NULL,
    key_digest    TEXT NOT NULL,
    not_before    BIGINT NOT NULL,
    not_after     BIGINT NOT NULL,
    superseded_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX agent_cert_by_agent ON agent_cert (agent_id);

CREATE TABLE enrol_token (
    id         TEXT PRIMARY KEY,
    finess     TEXT NOT NULL REFERENCES establishment (finess),
    token_hash TEXT NOT NULL UNIQUE,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL DEFAULT 0,
    used_by    TEXT NOT NULL DEFAULT ''
);

-- A blob without content lives as a file of the data folder, named by its digest.
CREATE TABLE blob (
    digest  TEXT PRIMARY KEY,
    size    BIGINT NOT NULL,
    content BLOB
);

CREATE TABLE bundle (
    arrival     INTEGER PRIMARY KEY AUTOINCREMENT,
    finess      TEXT NOT NULL REFERENCES establishment (finess),
    id          TEXT NOT NULL,
    agent_id    TEXT NOT NULL REFERENCES agent (id),
    seq         BIGINT NOT NULL,
    previous    TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES blob (digest),
    size        BIGINT NOT NULL,
    key_digest  TEXT NOT NULL,
    software    TEXT NOT NULL,
    run_id      TEXT NOT NULL,
    run_status  TEXT NOT NULL,
    vantage     TEXT NOT NULL,
    profile     TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    sealed_at   BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    UNIQUE (finess, id)
);
CREATE INDEX bundle_by_agent ON bundle (agent_id, seq);

-- The idempotency key of ingest: it outlives the retention of bundles, and
-- keeps the receipt so that the same question gets the same answer, byte for byte.
CREATE TABLE bundle_key (
    finess    TEXT NOT NULL,
    bundle_id TEXT NOT NULL,
    digest    TEXT NOT NULL,
    receipt   TEXT NOT NULL,
    PRIMARY KEY (finess, bundle_id)
);

CREATE TABLE finding (
    finess         TEXT NOT NULL REFERENCES establishment (finess),
    fp             TEXT NOT NULL,
    check_id       TEXT NOT NULL,
    family         TEXT NOT NULL,
    target         TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    severity       TEXT NOT NULL,
    severity_rank  BIGINT NOT NULL,
    observed       TEXT NOT NULL CHECK (observed IN ('clear', 'open', 'resolved', 'reopened', 'unverified')),
    observed_since BIGINT NOT NULL,
    first_seen     BIGINT NOT NULL,
    last_seen      BIGINT NOT NULL,
    last_bundle    TEXT NOT NULL,
    episode        BIGINT NOT NULL,
    detail         TEXT NOT NULL,
    PRIMARY KEY (finess, fp)
);
CREATE INDEX finding_by_outcome ON finding (finess, outcome, severity_rank);

CREATE TABLE finding_event (
    finess    TEXT NOT NULL,
    fp        TEXT NOT NULL,
    at        BIGINT NOT NULL,
    bundle_id TEXT NOT NULL,
    was       TEXT NOT NULL,
    became    TEXT NOT NULL,
    PRIMARY KEY (finess, fp, bundle_id),
    FOREIGN KEY (finess, fp) REFERENCES finding (finess, fp)
);

CREATE TABLE finding_episode (
    finess       TEXT NOT NULL,
    fp           TEXT NOT NULL,
    episode      BIGINT NOT NULL,
    opened_at    BIGINT NOT NULL,
    closed_at    BIGINT NOT NULL DEFAULT 0,
    close_reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (finess, fp, episode),
    FOREIGN KEY (finess, fp) REFERENCES finding (finess, fp)
);

CREATE TABLE coverage (
    finess      TEXT NOT NULL REFERENCES establishment (finess),
    check_id    TEXT NOT NULL,
    target      TEXT NOT NULL,
    status      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    last_at     BIGINT NOT NULL,
    last_bundle TEXT NOT NULL,
    PRIMARY KEY (finess, check_id, target)
);

CREATE TABLE control_result (
    finess      TEXT NOT NULL REFERENCES establishment (finess),
    catalog     TEXT NOT NULL,
    control_id  TEXT NOT NULL,
    position    BIGINT NOT NULL,
    state       TEXT NOT NULL,
    profile     TEXT NOT NULL,
    last_at     BIGINT NOT NULL,
    last_bundle TEXT NOT NULL,
    detail      TEXT NOT NULL,
    PRIMARY KEY (finess, catalog, control_id)
);

CREATE TABLE app_user (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE,
    admin         BOOLEAN NOT NULL,
    scope         TEXT NOT NULL,
    password_hash TEXT NOT NULL DEFAULT '',
    totp_sealed   TEXT NOT NULL DEFAULT '',
    totp_step     BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL
);

CREATE TABLE one_time_link (
    code_hash   TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES app_user (id),
    totp_sealed TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    content    BLOB NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE sign_in_failure (
    subject TEXT NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_by_subject ON sign_in_failure (subject, at);

CREATE TABLE audit (
    id     TEXT PRIMARY KEY,
    at     BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    ip     TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);

-- +goose Down
DROP TABLE audit;
DROP TABLE sign_in_failure;
DROP TABLE session;
DROP TABLE one_time_link;
DROP TABLE app_user;
DROP TABLE control_result;
DROP TABLE coverage;
DROP TABLE finding_episode;
DROP TABLE finding_event;
DROP TABLE finding;
DROP TABLE bundle_key;
DROP TABLE bundle;
DROP TABLE blob;
DROP TABLE enrol_token;
DROP TABLE agent_cert;
DROP TABLE agent;
DROP TABLE establishment;
