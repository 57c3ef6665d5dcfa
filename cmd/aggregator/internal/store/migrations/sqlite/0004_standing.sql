-- SPDX-License-Identifier: Apache-2.0
-- What the region concludes itself, from every place that was looked from. The
-- projections start empty: they are derived again from the sealed bundles.

-- +goose Up
CREATE TABLE upkeep (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO upkeep (name, value) SELECT 'rebuild', 'needed' FROM bundle LIMIT 1;

ALTER TABLE establishment ADD COLUMN profile TEXT NOT NULL DEFAULT '';

DROP TABLE control_result;
DROP TABLE coverage;
DROP TABLE finding_episode;
DROP TABLE finding_event;
DROP TABLE finding;

-- The newest run of an agent from one place.
CREATE TABLE agent_run (
    agent_id   TEXT NOT NULL REFERENCES agent (id),
    vantage    TEXT NOT NULL,
    finess     TEXT NOT NULL REFERENCES establishment (finess),
    bundle_id  TEXT NOT NULL,
    status     TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    PRIMARY KEY (agent_id, vantage)
);
CREATE INDEX agent_run_by_establishment ON agent_run (finess);

-- What was last seen of a finding from one place. seen_until is 0 while the newest
-- run of its agent says the same.
CREATE TABLE finding_look (
    finess       TEXT NOT NULL,
    fp           TEXT NOT NULL,
    vantage      TEXT NOT NULL,
    agent_id     TEXT NOT NULL,
    bundle_id    TEXT NOT NULL,
    check_id     TEXT NOT NULL,
    target       TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    severity     TEXT NOT NULL,
    strength     TEXT NOT NULL,
    sight        BIGINT NOT NULL,
    stated_at    BIGINT NOT NULL,
    seen_until   BIGINT NOT NULL,
    doubt        TEXT NOT NULL,
    detail       TEXT NOT NULL,
    observations TEXT NOT NULL,
    PRIMARY KEY (finess, fp, vantage)
);

CREATE TABLE finding (
    finess         TEXT NOT NULL REFERENCES establishment (finess),
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
);
CREATE INDEX finding_by_outcome ON finding (finess, outcome, undeclared, severity_rank);

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
    finess   TEXT NOT NULL REFERENCES establishment (finess),
    check_id TEXT NOT NULL,
    target   TEXT NOT NULL,
    vantage  TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    status   TEXT NOT NULL,
    causes   TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (finess, check_id, target, vantage)
);

CREATE TABLE control_result (
    finess      TEXT NOT NULL REFERENCES establishment (finess),
    catalog     TEXT NOT NULL,
    control_id  TEXT NOT NULL,
    position    BIGINT NOT NULL,
    state       TEXT NOT NULL,
    profile     TEXT NOT NULL,
    detail      TEXT NOT NULL,
    PRIMARY KEY (finess, catalog, control_id)
);

-- What an agent claims, and the region does not conclude from the same facts.
CREATE TABLE disagreement (
    finess           TEXT NOT NULL REFERENCES establishment (finess),
    agent_id         TEXT NOT NULL,
    bundle_id        TEXT NOT NULL,
    since            BIGINT NOT NULL,
    key              TEXT NOT NULL,
    about            TEXT NOT NULL,
    name             TEXT NOT NULL,
    target           TEXT NOT NULL,
    claimed_outcome  TEXT NOT NULL,
    claimed_severity TEXT NOT NULL,
    judged_outcome   TEXT NOT NULL,
    judged_severity  TEXT NOT NULL,
    PRIMARY KEY (finess, agent_id, key)
);

-- +goose Down
DROP TABLE disagreement;
DROP TABLE control_result;
DROP TABLE coverage;
DROP TABLE finding_episode;
DROP TABLE finding_event;
DROP TABLE finding;
DROP TABLE finding_look;
DROP TABLE agent_run;
ALTER TABLE establishment DROP COLUMN profile;
DROP TABLE upkeep;
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
    undeclared     BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (finess, fp)
);
CREATE INDEX finding_by_outcome ON finding (finess, outcome, undeclared, severity_rank);
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
    causes      TEXT NOT NULL DEFAULT '',
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
