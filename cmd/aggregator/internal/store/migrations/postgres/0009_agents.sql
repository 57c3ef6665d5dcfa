-- SPDX-License-Identifier: Apache-2.0
-- The life of an agent: awaiting approval and suspended beside active and revoked; the
-- lineage of its certificates; what it says of itself between two bundles; what it was
-- refused. Everything here belongs to one establishment.

-- +goose Up
ALTER TABLE agent DROP CONSTRAINT agent_state_check;
ALTER TABLE agent ADD CONSTRAINT agent_state_check CHECK (state IN ('pending', 'active', 'suspended', 'revoked'));

-- What people call it, unique within its establishment.
ALTER TABLE agent ADD COLUMN name TEXT NOT NULL DEFAULT '';
UPDATE agent SET name = 'agent ' || (SELECT COUNT(*) FROM agent AS other WHERE other.finess = agent.finess
    AND (other.enrolled_at < agent.enrolled_at OR other.enrolled_at = agent.enrolled_at AND other.id <= agent.id));
CREATE UNIQUE INDEX agent_by_name ON agent (finess, name);

-- What a certificate of another PKI calls it; empty for one that came with a token.
ALTER TABLE agent ADD COLUMN external_name TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX agent_by_external_name ON agent (finess, external_name) WHERE external_name <> '';

-- Its last heartbeat, all of it claims but heard_at: late_at is when it will have missed
-- two moments of its rhythm, clock_offset how far its clock is ahead, in microseconds.
ALTER TABLE agent ADD COLUMN heard_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN next_run BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN late_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN waiting_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN rejected BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agent ADD COLUMN clock_offset BIGINT NOT NULL DEFAULT 0;

ALTER TABLE agent_cert ADD COLUMN finess TEXT NOT NULL DEFAULT '';
UPDATE agent_cert SET finess = (SELECT finess FROM agent WHERE agent.id = agent_id);
ALTER POLICY scope ON agent_cert USING (carescan_sees(finess));
-- Its place among those of its agent, in the order they were issued: clocks that were wrong do not move it.
ALTER TABLE agent_cert ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
UPDATE agent_cert SET place = (SELECT COUNT(*) FROM agent_cert AS other WHERE other.agent_id = agent_cert.agent_id
    AND (other.not_before < agent_cert.not_before OR other.not_before = agent_cert.not_before AND other.serial <= agent_cert.serial));
ALTER TABLE agent_cert ADD COLUMN first_used_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agent_cert ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0;
UPDATE agent_cert SET revoked_at = (SELECT revoked_at FROM agent WHERE agent.id = agent_id);

ALTER TABLE enrol_token ADD COLUMN approve BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE enrol_token ADD COLUMN cancelled_at BIGINT NOT NULL DEFAULT 0;

-- One row for each kind of refusal of an agent, however often it happens: told_at is when
-- the journal last said so.
CREATE TABLE agent_refusal (
    agent_id TEXT NOT NULL REFERENCES agent (id),
    kind     TEXT NOT NULL,
    finess   TEXT NOT NULL REFERENCES establishment (finess),
    times    BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    last_ip  TEXT NOT NULL,
    told_at  BIGINT NOT NULL,
    PRIMARY KEY (agent_id, kind)
);
SELECT carescan_guard('agent_refusal');

-- +goose Down
DROP TABLE agent_refusal;
ALTER TABLE enrol_token DROP COLUMN cancelled_at, DROP COLUMN approve;
ALTER POLICY scope ON agent_cert USING (EXISTS (SELECT 1 FROM agent WHERE agent.id = agent_id));
ALTER TABLE agent_cert DROP COLUMN revoked_at, DROP COLUMN first_used_at, DROP COLUMN place, DROP COLUMN finess;
ALTER TABLE agent DROP COLUMN clock_offset, DROP COLUMN rejected, DROP COLUMN waiting_since, DROP COLUMN waiting, DROP COLUMN late_at,
    DROP COLUMN next_run, DROP COLUMN heard_at, DROP COLUMN external_name, DROP COLUMN name;
UPDATE agent SET state = 'revoked' WHERE state IN ('pending', 'suspended');
ALTER TABLE agent DROP CONSTRAINT agent_state_check;
ALTER TABLE agent ADD CONSTRAINT agent_state_check CHECK (state IN ('active', 'revoked'));
