// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"carescan/scanner"
)

// EnrolToken lets one agent of one establishment become known, once.
type EnrolToken struct {
	ID          string
	FINESS      scanner.FINESS
	Hash        string // of the secret, which is kept nowhere
	Approve     bool   // the agent waits until a person approves it
	CreatedBy   string
	CreatedAt   time.Time
	ExpiresAt   time.Time
	UsedAt      time.Time
	UsedBy      string // agent
	CancelledAt time.Time
}

// Waits tells that the token can still be used.
func (t EnrolToken) Waits(at time.Time) bool {
	return t.UsedAt.IsZero() && t.CancelledAt.IsZero() && at.Before(t.ExpiresAt)
}

// AddEnrolToken records a token.
func (s *Store) AddEnrolToken(ctx context.Context, t EnrolToken) error {
	_, err := s.writer.ExecContext(ctx, `
		INSERT INTO enrol_token (id, finess, token_hash, approve, created_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.ID, t.FINESS, t.Hash, t.Approve, t.CreatedBy, stamp(t.CreatedAt), stamp(t.ExpiresAt))
	return wrap(err, "add enrolment token")
}

var selectToken = `
	SELECT id, finess, approve, created_by, created_at, expires_at, used_at, used_by, cancelled_at FROM enrol_token
	WHERE ` + within("finess")

// WaitingTokens lists the tokens that can still be used, soonest to expire first.
func (s *Store) WaitingTokens(ctx context.Context, scope Scope, at time.Time) ([]EnrolToken, error) {
	list, err := many(ctx, s.reader, scanToken,
		selectToken+` AND used_at = 0 AND cancelled_at = 0 AND expires_at > $2 ORDER BY expires_at, id`, scope.sees, stamp(at))
	return list, wrap(err, "list enrolment tokens")
}

// EnrolTokens lists the newest tokens, whatever became of them.
func (s *Store) EnrolTokens(ctx context.Context, scope Scope, limit int) ([]EnrolToken, error) {
	list, err := many(ctx, s.reader, scanToken, selectToken+` ORDER BY created_at DESC, id LIMIT $2`, scope.sees, limit)
	return list, wrap(err, "list enrolment tokens")
}

// CancelToken takes back a token that was not used; ErrNotFound when none waits.
func (s *Store) CancelToken(ctx context.Context, scope Scope, id string, at time.Time) (t EnrolToken, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		t, err = one(ctx, tx, scanToken, selectToken+` AND id = $2`, scope.sees, id)
		if err != nil {
			return err
		}
		return changedOne(tx.ExecContext(ctx, `
			UPDATE enrol_token SET cancelled_at = $1 WHERE id = $2 AND used_at = 0 AND cancelled_at = 0 AND expires_at > $1`, stamp(at), id))
	})
	return t, wrap(err, "cancel enrolment token %s", id)
}

// Enrolment is an agent asking to become known against a token.
type Enrolment struct {
	TokenHash   string
	AgentID     string
	Software    string
	At          time.Time
	Approve     bool // the region has every agent wait for approval
	Certificate func(finess scanner.FINESS) (Certificate, error)
}

// Enrolled is an agent that just became known.
type Enrolled struct {
	Agent Agent
	Site  scanner.Establishment
}

// Enrol spends a token and records the agent and its certificate, all or
// nothing. ErrNotFound when the token cannot be used, whatever the cause.
func (s *Store) Enrol(ctx context.Context, e Enrolment) (made Enrolled, err error) {
	// Whoever guesses does not make others wait for the writer.
	if _, err = tokenSite(ctx, s.reader, e); err != nil {
		return made, wrap(err, "enrol agent")
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		made.Site, err = tokenSite(ctx, tx, e)
		if err != nil {
			return err
		}
		approve, err := spendToken(ctx, tx, e)
		if err != nil {
			return err
		}
		made.Agent, err = insertAgent(ctx, tx, e, made.Site.FINESS, approve || e.Approve)
		return err
	})
	return made, wrap(err, "enrol agent")
}

func tokenSite(ctx context.Context, q querier, e Enrolment) (scanner.Establishment, error) {
	return one(ctx, q, scanEstablishment, `
		SELECT finess, legal_finess, name, region FROM establishment WHERE finess =
		(SELECT finess FROM enrol_token WHERE token_hash = $1 AND used_at = 0 AND cancelled_at = 0 AND expires_at > $2)`,
		e.TokenHash, stamp(e.At))
}

func insertAgent(ctx context.Context, tx *sql.Tx, e Enrolment, finess scanner.FINESS, approve bool) (Agent, error) {
	certificate, err := e.Certificate(finess)
	if err != nil {
		return Agent{}, err
	}
	state := AgentActive
	if approve {
		state = AgentPending
	}
	number, err := one(ctx, tx, scanInt, `SELECT COUNT(*) + 1 FROM agent WHERE finess = $1`, finess)
	if err != nil {
		return Agent{}, err
	}
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO agent (id, finess, name, software, state, last_seen, enrolled_at) VALUES ($1, $2, $3, $4, $5, $6, $6)`,
		e.AgentID, finess, fmt.Sprintf("agent %d", number), e.Software, state, stamp(e.At)); err != nil {
		return Agent{}, err
	}
	if err := insertCertificate(ctx, tx, certificate); err != nil {
		return Agent{}, err
	}
	return agentIn(ctx, tx, Only(finess), e.AgentID)
}

// spendToken marks the token used, and tells whether its agent waits for approval; of two
// agents that come at once, the second finds no row to change.
func spendToken(ctx context.Context, tx *sql.Tx, e Enrolment) (approve bool, err error) {
	if err := changedOne(tx.ExecContext(ctx, `
		UPDATE enrol_token SET used_at = $1, used_by = $2 WHERE token_hash = $3 AND used_at = 0`,
		stamp(e.At), e.AgentID, e.TokenHash)); err != nil {
		return false, err
	}
	return one(ctx, tx, scanBool, `SELECT approve FROM enrol_token WHERE token_hash = $1`, e.TokenHash)
}

func scanBool(r row) (is bool, err error) {
	err = r.Scan(&is)
	return is, err
}

func scanToken(r row) (t EnrolToken, err error) {
	err = r.Scan(&t.ID, &t.FINESS, &t.Approve, &t.CreatedBy, (*moment)(&t.CreatedAt), (*moment)(&t.ExpiresAt), (*moment)(&t.UsedAt), &t.UsedBy,
		(*moment)(&t.CancelledAt))
	return t, err
}
