// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"
)

// Sessions keeps the sessions of people in the database, as package scs asks,
// so that they survive a restart and end when revoked.
type Sessions struct{ store *Store }

// Sessions returns where sessions are kept.
func (s *Store) Sessions() Sessions { return Sessions{s} }

// FindCtx returns the content of a session that has not expired.
func (s Sessions) FindCtx(ctx context.Context, token string) (content []byte, found bool, err error) {
	content, err = one(ctx, s.store.view(Scope{}), scanBytes, `
		SELECT content FROM session WHERE token_hash = $1 AND expires_at > $2`, token, stamp(time.Now()))
	if errors.Is(err, ErrNotFound) {
		return nil, false, nil
	}
	return content, err == nil, wrap(err, "find session")
}

// expiryStep is how much later a session must end before that alone is written: each
// page moves the end of its session.
const expiryStep = time.Minute

// CommitCtx keeps a session. A page that changes nothing of it writes nothing, and waits
// for nobody.
func (s Sessions) CommitCtx(ctx context.Context, token string, content []byte, expiry time.Time) error {
	known, err := one(ctx, s.store.view(Scope{}), scanInt, `
		SELECT COUNT(*) FROM session WHERE token_hash = $1 AND content = $2 AND expires_at > $3 AND expires_at <= $4`,
		token, content, stamp(expiry.Add(-expiryStep)), stamp(expiry))
	if err != nil || known > 0 {
		return wrap(err, "find session")
	}
	_, err = s.store.change(ctx, Scope{}, `
		INSERT INTO session (token_hash, content, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET content = excluded.content, expires_at = excluded.expires_at`,
		token, content, stamp(expiry))
	return wrap(err, "keep session")
}

// ForgetSessions forgets the sessions that expired.
func (s *Store) ForgetSessions(ctx context.Context, now time.Time) error {
	_, err := s.change(ctx, Scope{}, `DELETE FROM session WHERE expires_at <= $1`, stamp(now))
	return wrap(err, "forget sessions that expired")
}

// DeleteCtx ends a session.
func (s Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.store.change(ctx, Scope{}, `DELETE FROM session WHERE token_hash = $1`, token)
	return wrap(err, "end session")
}

// Find is FindCtx without a context, which scs asks for and never calls.
func (s Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context, which scs asks for and never calls.
func (s Sessions) Commit(token string, content []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, content, expiry)
}

// Delete is DeleteCtx without a context, which scs asks for and never calls.
func (s Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
