// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"carescan/scanner"
)

// EnrolToken lets one agent of one establishment become known, once.
type EnrolToken struct {
	ID        string
	FINESS    scanner.FINESS
	Hash      string // of the secret, which is kept nowhere
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
	UsedBy    string // agent
}

// AddEnrolToken records a token.
func (s *Store) AddEnrolToken(ctx context.Context, t EnrolToken) error {
	_, err := s.change(ctx, Region(), `
		INSERT INTO enrol_token (id, finess, token_hash, created_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		t.ID, t.FINESS, t.Hash, t.CreatedBy, stamp(t.CreatedAt), stamp(t.ExpiresAt))
	return wrap(err, "add enrolment token")
}

// WaitingTokens lists the tokens that can still be used, soonest to expire first.
func (s *Store) WaitingTokens(ctx context.Context, scope Scope, at time.Time) ([]EnrolToken, error) {
	list, err := many(ctx, s.view(scope), scanToken, `
		SELECT id, finess, created_by, created_at, expires_at, used_at, used_by FROM enrol_token
		WHERE `+within("finess")+` AND used_at = 0 AND expires_at > $2 ORDER BY expires_at, id`, scope.sees, stamp(at))
	return list, wrap(err, "list enrolment tokens")
}

// Enrolment is an agent asking to become known against a token.
type Enrolment struct {
	TokenHash   string
	AgentID     string
	Software    string
	At          time.Time
	Certificate func(finess scanner.FINESS) (Certificate, error)
}

// Enrol spends a token and records the agent and its certificate, all or
// nothing. ErrNotFound when the token cannot be used, whatever the cause.
func (s *Store) Enrol(ctx context.Context, e Enrolment) (site scanner.Establishment, err error) {
	// Whoever guesses does not make others wait for the writer.
	if _, err = tokenSite(ctx, s.view(Region()), e); err != nil {
		return site, wrap(err, "enrol agent")
	}
	err = s.write(ctx, Region(), func(tx *transaction) error {
		site, err = tokenSite(ctx, tx, e)
		if err != nil {
			return err
		}
		if err := spendToken(ctx, tx, e); err != nil {
			return err
		}
		return insertAgent(ctx, tx, e, site.FINESS)
	})
	return site, wrap(err, "enrol agent")
}

func tokenSite(ctx context.Context, from source, e Enrolment) (scanner.Establishment, error) {
	return one(ctx, from, scanEstablishment, `
		SELECT finess, legal_finess, name, region FROM establishment WHERE finess =
		(SELECT finess FROM enrol_token WHERE token_hash = $1 AND used_at = 0 AND expires_at > $2)`,
		e.TokenHash, stamp(e.At))
}

func insertAgent(ctx context.Context, tx *transaction, e Enrolment, finess scanner.FINESS) error {
	certificate, err := e.Certificate(finess)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO agent (id, finess, software, state, last_seen, enrolled_at) VALUES ($1, $2, $3, 'active', $4, $4)`,
		e.AgentID, finess, e.Software, stamp(e.At)); err != nil {
		return err
	}
	return insertCertificate(ctx, tx, certificate)
}

// spendToken marks the token used; of two agents that come at once, the second
// finds no row to change.
func spendToken(ctx context.Context, tx *transaction, e Enrolment) error {
	return changedOne(tx.ExecContext(ctx, `
		UPDATE enrol_token SET used_at = $1, used_by = $2 WHERE token_hash = $3 AND used_at = 0`,
		stamp(e.At), e.AgentID, e.TokenHash))
}

func scanToken(r row) (t EnrolToken, err error) {
	err = r.Scan(&t.ID, &t.FINESS, &t.CreatedBy, (*moment)(&t.CreatedAt), (*moment)(&t.ExpiresAt), (*moment)(&t.UsedAt), &t.UsedBy)
	return t, err
}
