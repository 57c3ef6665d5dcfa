// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
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
	_, err := s.change(ctx, Only(t.FINESS), `
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
	list, err := many(ctx, s.view(scope), scanToken,
		selectToken+` AND used_at = 0 AND cancelled_at = 0 AND expires_at > $2 ORDER BY expires_at, id`, scope.sees, stamp(at))
	return list, wrap(err, "list enrolment tokens")
}

// EnrolTokens lists the newest tokens, whatever became of them.
func (s *Store) EnrolTokens(ctx context.Context, scope Scope, limit int) ([]EnrolToken, error) {
	list, err := many(ctx, s.view(scope), scanToken, selectToken+` ORDER BY created_at DESC, id LIMIT $2`, scope.sees, limit)
	return list, wrap(err, "list enrolment tokens")
}

// CancelToken takes back a token that was not used; ErrNotFound when none waits.
func (s *Store) CancelToken(ctx context.Context, scope Scope, id string, at time.Time) (t EnrolToken, err error) {
	err = s.write(ctx, scope, func(tx *transaction) error {
		t, err = one(ctx, tx, scanToken, selectToken+` AND id = $2`, scope.sees, id)
		if err != nil {
			return err
		}
		return changedOne(tx.ExecContext(ctx, `
			UPDATE enrol_token SET cancelled_at = $1 WHERE id = $2 AND used_at = 0 AND cancelled_at = 0 AND expires_at > $1`, stamp(at), id))
	})
	return t, wrap(err, "cancel enrolment token %s", id)
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
