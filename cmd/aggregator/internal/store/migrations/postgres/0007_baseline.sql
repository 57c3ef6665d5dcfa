-- SPDX-License-Identifier: Apache-2.0
-- The schema of sqlite 0001 to 0007, for PostgreSQL. See docs/adr/0044-postgresql.md.
--
-- Every table that holds something of an establishment is guarded: SELECT
-- carescan_guard('table') after its CREATE. Tables of the region say why they are not.

-- +goose Up

-- +goose StatementBegin
-- What the scope of the transaction sees: '*' all, else the establishments that it lists,
-- separated by commas; nothing when it is empty or was not set.
CREATE FUNCTION carescan_sees(site TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(current_setting('carescan.scope', true), '') = '*'
        OR site = ANY (string_to_array(COALESCE(current_setting('carescan.scope', true), ''), ','))
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Lets no role, the owner included, see or write a row of a table beyond its scope.
CREATE FUNCTION carescan_guard(guarded REGCLASS, seen TEXT DEFAULT 'carescan_sees(finess)') RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY scope ON %s USING (%s)', guarded, seen);
END
$$;
-- +goose StatementEnd

CREATE TABLE establishment (
    finess       TEXT PRIMARY KEY,
    legal_finess TEXT NOT NULL,
    name         TEXT NOT NULL,
    region       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    profile      TEXT NOT NULL DEFAULT ''
);
SELECT carescan_guard('establishment');

CREATE TABLE agent (
    id           TEXT PRIMARY KEY,
    finess       TEXT NOT NULL REFERENCES establishment (finess),
    software     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('active', 'revoked')),
    last_seq     BIGINT NOT NULL DEFAULT 0,
    last_seen    BIGINT NOT NULL DEFAULT 0,
    enrolled_at  BIGINT NOT NULL,
    revoked_at   BIGINT NOT NULL DEFAULT 0,
    last_address TEXT NOT NULL DEFAULT ''
);
CREATE INDEX agent_by_establishment ON agent (finess);
SELECT carescan_guard('agent');

CREATE TABLE agent_cert (
    serial        TEXT PRIMARY KEY,
    agent_id      TEXT NOT NULL REFERENCES agent (id),
    public_key    BYTEA NOT NULL,
    key_digest    TEXT NOT NULL,
    not_before    BIGINT NOT NULL,
    not_after     BIGINT NOT NULL,
    superseded_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX agent_cert_by_agent ON agent_cert (agent_id);
-- A certificate is seen by whoever sees its agent: the policy of that table holds in here.
SELECT carescan_guard('agent_cert', 'EXISTS (SELECT 1 FROM agent WHERE agent.id = agent_id)');

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
SELECT carescan_guard('enrol_token');

-- Every blob has its content here: replicas share no folder.
CREATE TABLE blob (
    digest  TEXT PRIMARY KEY,
    size    BIGINT NOT NULL,
    content BYTEA
);

CREATE TABLE profile_ref (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    content TEXT NOT NULL UNIQUE
);

CREATE TABLE bundle (
    arrival     BIGINT GENERATED ALWAYS AS IDENTITY,
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
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    sealed_at   BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    profile_id  BIGINT NOT NULL,
    PRIMARY KEY (arrival, received_at),
    -- That a bundle comes once for all months is what bundle_key says.
    UNIQUE (finess, id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX bundle_by_agent ON bundle (agent_id, seq);
CREATE INDEX bundle_by_digest ON bundle (digest);
CREATE INDEX bundle_by_establishment ON bundle (finess, arrival);
SELECT carescan_guard('bundle');

-- The bytes of a bundle are seen by whoever sees the bundle, and are written before it.
SELECT carescan_guard('blob', 'carescan_sees(NULL) OR EXISTS (SELECT 1 FROM bundle WHERE bundle.digest = blob.digest)');
CREATE POLICY arrival ON blob FOR INSERT WITH CHECK (COALESCE(current_setting('carescan.scope', true), '') <> '');

-- The idempotency key of ingest: it outlives the retention of bundles, and
-- keeps the receipt so that the same question gets the same answer, byte for byte.
CREATE TABLE bundle_key (
    finess    TEXT NOT NULL,
    bundle_id TEXT NOT NULL,
    digest    TEXT NOT NULL,
    receipt   TEXT NOT NULL,
    PRIMARY KEY (finess, bundle_id)
);
SELECT carescan_guard('bundle_key');

-- The newest run of an agent from one place.
CREATE TABLE agent_run (
    agent_id   TEXT NOT NULL REFERENCES agent (id),
    vantage    TEXT NOT NULL,
    finess     TEXT NOT NULL REFERENCES establishment (finess),
    bundle_id  TEXT NOT NULL,
    status     TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    completed  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, vantage)
);
CREATE INDEX agent_run_by_establishment ON agent_run (finess);
SELECT carescan_guard('agent_run');

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
    wording      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (finess, fp, vantage)
);
SELECT carescan_guard('finding_look');

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
);
CREATE INDEX finding_by_outcome ON finding (finess, outcome, undeclared, severity_rank);
SELECT carescan_guard('finding');

CREATE TABLE finding_event (
    finess    TEXT NOT NULL,
    fp        TEXT NOT NULL,
    at        BIGINT NOT NULL,
    bundle_id TEXT NOT NULL,
    was       TEXT NOT NULL,
    became    TEXT NOT NULL,
    PRIMARY KEY (finess, fp, bundle_id, at)
) PARTITION BY RANGE (at);
SELECT carescan_guard('finding_event');

CREATE TABLE finding_episode (
    finess       TEXT NOT NULL,
    fp           TEXT NOT NULL,
    episode      BIGINT NOT NULL,
    opened_at    BIGINT NOT NULL,
    closed_at    BIGINT NOT NULL DEFAULT 0,
    close_reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (finess, fp, episode)
);
SELECT carescan_guard('finding_episode');

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
);
SELECT carescan_guard('coverage');

CREATE TABLE control_result (
    finess     TEXT NOT NULL,
    catalog    TEXT NOT NULL,
    control_id TEXT NOT NULL,
    position   BIGINT NOT NULL,
    state      TEXT NOT NULL,
    profile    TEXT NOT NULL,
    detail     TEXT NOT NULL,
    PRIMARY KEY (finess, catalog, control_id)
);
SELECT carescan_guard('control_result');

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
SELECT carescan_guard('disagreement');

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
SELECT carescan_guard('oddity');

-- Of the region: the texts of checks, alike everywhere. So are those of profiles above.
CREATE TABLE wording (
    digest  TEXT PRIMARY KEY,
    content TEXT NOT NULL
);

-- Of the region: people, how they sign in, and what is left to be done.
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
    content    BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_by_expiry ON session (expires_at);

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

CREATE TABLE upkeep (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The journal tells of the whole region: everybody writes, only the region reads.
CREATE TABLE audit (
    id     TEXT NOT NULL,
    at     BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    ip     TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_by_time ON audit (at);
SELECT carescan_guard('audit', 'carescan_sees(NULL)');
CREATE POLICY deed ON audit FOR INSERT WITH CHECK (true);

-- What no month holds.
CREATE TABLE bundle_rest PARTITION OF bundle DEFAULT;
CREATE TABLE finding_event_rest PARTITION OF finding_event DEFAULT;
CREATE TABLE audit_rest PARTITION OF audit DEFAULT;
SELECT carescan_guard('bundle_rest'), carescan_guard('finding_event_rest'), carescan_guard('audit_rest', 'carescan_sees(NULL)');

-- +goose StatementBegin
-- Adds the partitions of a month where they are missing, in UTC, with what the rest holds
-- of it. Only the owner may create tables, and the application must: it calls this.
CREATE FUNCTION carescan_add_month(month DATE) RETURNS VOID LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    scope  TEXT := COALESCE(current_setting('carescan.scope', true), '');
    first  BIGINT := extract(epoch FROM date_trunc('month', month::timestamp)) * 1000000;
    after  BIGINT := extract(epoch FROM date_trunc('month', month::timestamp) + INTERVAL '1 month') * 1000000;
    parent TEXT;
    part   TEXT;
    moment TEXT;
BEGIN
    PERFORM set_config('carescan.scope', '*', true);
    PERFORM pg_advisory_xact_lock(x'43530003'::int, 0); -- one adds at a time
    FOR parent, moment IN SELECT * FROM (VALUES ('bundle', 'received_at'), ('finding_event', 'at'), ('audit', 'at')) AS parents LOOP
        part := parent || '_' || to_char(month, 'YYYYMM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', parent); -- the rest gets no row while its rows move
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)', part, parent);
        EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= $1 AND %I < $2 RETURNING *) INSERT INTO %I SELECT * FROM moved',
            parent || '_rest', moment, moment, part) USING first, after;
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, part, first, after);
        EXECUTE format('SELECT carescan_guard(%L, %L)', part, CASE parent WHEN 'audit' THEN 'carescan_sees(NULL)' ELSE 'carescan_sees(finess)' END);
    END LOOP;
    PERFORM set_config('carescan.scope', scope, true);
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION carescan_add_month;
DROP TABLE audit, upkeep, usual_origin, sign_in_attempt, session, one_time_link, app_user, wording, oddity, disagreement, control_result,
    coverage, finding_episode, finding_event, finding, finding_look, agent_run, bundle_key, bundle, profile_ref, blob, enrol_token, agent_cert,
    agent, establishment;
DROP FUNCTION carescan_guard;
DROP FUNCTION carescan_sees;
