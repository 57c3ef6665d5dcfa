-- SPDX-License-Identifier: Apache-2.0
-- Who may do what, and where: roles held at a place of the region, a GHT, a legal entity
-- or a site. All tables belong to the region, and hold nothing of an establishment. What
-- people could do before is what their first role lets them do.

-- +goose Up
ALTER TABLE establishment ADD COLUMN ght TEXT NOT NULL DEFAULT '';
CREATE INDEX establishment_by_legal ON establishment (legal_finess);
CREATE INDEX establishment_by_ght ON establishment (ght);

CREATE TABLE role_binding (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES app_user (id),
    role       TEXT NOT NULL,
    place_kind TEXT NOT NULL CHECK (place_kind IN ('region', 'ght', 'legal', 'site')),
    place_id   TEXT NOT NULL,
    origin     TEXT NOT NULL CHECK (origin IN ('person', 'group')),
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX role_binding_by_user ON role_binding (user_id);
INSERT INTO role_binding (id, user_id, role, place_kind, place_id, origin, granted_by, granted_at)
SELECT 'first-' || id, id,
       CASE WHEN scope <> '*' THEN 'reader' WHEN admin THEN 'administrator' ELSE 'analyst' END,
       CASE WHEN scope <> '*' THEN 'site' ELSE 'region' END,
       CASE WHEN scope <> '*' THEN scope ELSE '' END,
       'person', 'operator', created_at
FROM app_user;

ALTER TABLE app_user DROP COLUMN admin;
ALTER TABLE app_user DROP COLUMN scope;
ALTER TABLE app_user ADD COLUMN disabled_at BIGINT NOT NULL DEFAULT 0;
-- Changed whenever every session of the person must end.
ALTER TABLE app_user ADD COLUMN epoch TEXT NOT NULL DEFAULT '';
-- The account that is kept in a safe, for the day when no other one works.
ALTER TABLE app_user ADD COLUMN emergency BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE passkey (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES app_user (id),
    name       TEXT NOT NULL,
    credential TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX passkey_by_user ON passkey (user_id);

CREATE TABLE recovery_code (
    user_id   TEXT NOT NULL REFERENCES app_user (id),
    code_hash TEXT NOT NULL,
    used_at   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, code_hash)
);

-- Whom an identity provider names. A person is known by these two, never by an address.
CREATE TABLE identity (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user_id    TEXT NOT NULL REFERENCES app_user (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);

CREATE TABLE api_token (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES app_user (id),
    name       TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    place_kind TEXT NOT NULL CHECK (place_kind IN ('region', 'ght', 'legal', 'site')),
    place_id   TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL DEFAULT 0,
    revoked_at BIGINT NOT NULL DEFAULT 0
);

-- +goose Down
DROP TABLE api_token;
DROP TABLE identity;
DROP TABLE recovery_code;
DROP TABLE passkey;
ALTER TABLE app_user DROP COLUMN emergency;
ALTER TABLE app_user DROP COLUMN epoch;
ALTER TABLE app_user DROP COLUMN disabled_at;
ALTER TABLE app_user ADD COLUMN admin BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE app_user ADD COLUMN scope TEXT NOT NULL DEFAULT '';
UPDATE app_user SET
    admin = EXISTS (SELECT 1 FROM role_binding WHERE user_id = app_user.id AND role = 'administrator'),
    scope = COALESCE((SELECT MIN(CASE place_kind WHEN 'region' THEN '*' ELSE place_id END)
                      FROM role_binding WHERE user_id = app_user.id AND place_kind IN ('region', 'site')), '');
DROP TABLE role_binding;
DROP INDEX establishment_by_ght;
DROP INDEX establishment_by_legal;
ALTER TABLE establishment DROP COLUMN ght;
