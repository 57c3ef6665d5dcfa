// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"carescan/scanner"
)

// AgentState says whether an agent may speak.
type AgentState string

// The states of an agent.
const (
	AgentActive  AgentState = "active"
	AgentRevoked AgentState = "revoked"
)

// Agent is one program that sends bundles for one establishment.
type Agent struct {
	ID          string
	FINESS      scanner.FINESS
	Software    string
	State       AgentState
	LastSeq     int64
	LastSeen    time.Time
	LastAddress string // of its last bundle; empty before there was one
	EnrolledAt  time.Time
	RevokedAt   time.Time
	NotAfter    time.Time // of its newest certificate
}

// Certificate is what the region certified of an agent.
type Certificate struct {
	Serial       string
	AgentID      string
	PublicKey    []byte // PKIX, DER
	KeyDigest    string
	NotBefore    time.Time
	NotAfter     time.Time
	SupersededBy string
}

var selectAgent = `
	SELECT id, finess, software, state, last_seq, last_seen, last_address, enrolled_at, revoked_at,
	       COALESCE((SELECT MAX(not_after) FROM agent_cert WHERE agent_id = agent.id), 0)
	FROM agent WHERE ` + within("finess")

// Agents lists the agents, newest first.
func (s *Store) Agents(ctx context.Context, scope Scope) ([]Agent, error) {
	list, err := many(ctx, s.view(scope), scanAgent, selectAgent+` ORDER BY enrolled_at DESC, id`, scope.sees)
	return list, wrap(err, "list agents")
}

// Agent finds an agent.
func (s *Store) Agent(ctx context.Context, scope Scope, id string) (Agent, error) {
	a, err := one(ctx, s.view(scope), scanAgent, selectAgent+` AND id = $2`, scope.sees, id)
	return a, wrap(err, "find agent %s", id)
}

// RevokeAgent takes the right to speak from an agent, at once and for ever.
func (s *Store) RevokeAgent(ctx context.Context, scope Scope, id string, at time.Time) error {
	err := changedOne(s.change(ctx, scope, `
		UPDATE agent SET state = 'revoked', revoked_at = $3
		WHERE `+within("finess")+` AND id = $2 AND state = 'active'`, scope.sees, id, stamp(at)))
	return wrap(err, "revoke agent %s", id)
}

// Certificate finds a certificate by its serial number.
func (s *Store) Certificate(ctx context.Context, scope Scope, serial string) (Certificate, error) {
	c, err := one(ctx, s.view(scope), scanCertificate, selectCertificate+` AND serial = $2`, scope.sees, serial)
	return c, wrap(err, "find certificate %s", serial)
}

// Certificates lists every certificate of an agent, newest first: a bundle may
// have been sealed before the last renewal.
func (s *Store) Certificates(ctx context.Context, scope Scope, agent string) ([]Certificate, error) {
	list, err := many(ctx, s.view(scope), scanCertificate,
		selectCertificate+` AND agent_id = $2 ORDER BY not_before DESC, serial`, scope.sees, agent)
	return list, wrap(err, "list certificates of agent %s", agent)
}

var selectCertificate = `
	SELECT serial, agent_id, public_key, key_digest, not_before, not_after, superseded_by
	FROM agent_cert WHERE EXISTS (SELECT 1 FROM agent WHERE id = agent_id AND ` + within("finess") + `)`

// Renew records the new certificate of an agent, which supersedes another.
func (s *Store) Renew(ctx context.Context, c Certificate, supersedes, software string) error {
	err := s.write(ctx, Region(), func(tx *transaction) error {
		if err := insertCertificate(ctx, tx, c); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE agent_cert SET superseded_by = $1 WHERE serial = $2 AND agent_id = $3`,
			c.Serial, supersedes, c.AgentID); err != nil {
			return err
		}
		return changedOne(tx.ExecContext(ctx, `
			UPDATE agent SET software = $1, last_seen = $2 WHERE id = $3 AND state = 'active'`,
			software, stamp(c.NotBefore), c.AgentID))
	})
	return wrap(err, "renew agent %s", c.AgentID)
}

func insertCertificate(ctx context.Context, q querier, c Certificate) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO agent_cert (serial, agent_id, public_key, key_digest, not_before, not_after)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		c.Serial, c.AgentID, c.PublicKey, c.KeyDigest, stamp(c.NotBefore), stamp(c.NotAfter))
	return err
}

func scanAgent(r row) (a Agent, err error) {
	err = r.Scan(&a.ID, &a.FINESS, &a.Software, &a.State, &a.LastSeq, (*moment)(&a.LastSeen), &a.LastAddress,
		(*moment)(&a.EnrolledAt), (*moment)(&a.RevokedAt), (*moment)(&a.NotAfter))
	return a, err
}

func scanCertificate(r row) (c Certificate, err error) {
	err = r.Scan(&c.Serial, &c.AgentID, &c.PublicKey, &c.KeyDigest,
		(*moment)(&c.NotBefore), (*moment)(&c.NotAfter), &c.SupersededBy)
	return c, err
}
