// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carescan/scanner"
)

// Enrolment is an agent asking to become known against a token.
type Enrolment struct {
	TokenHash string
	AgentID   string
	Software  string
	At        time.Time
	Approve   bool // the region has every agent wait for approval
	// Certificate certifies the agent, under the name that it turns out to have.
	Certificate func(finess scanner.FINESS, agent string) (Certificate, error)
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
	if _, err = tokenSite(ctx, s.view(Region()), e); err != nil {
		return made, wrap(err, "enrol agent")
	}
	err = s.write(ctx, Region(), func(tx *transaction) error {
		made.Site, err = tokenSite(ctx, tx, e)
		if err != nil {
			return err
		}
		approve, err := spendToken(ctx, tx, e)
		if err != nil {
			return err
		}
		certificate, err := e.Certificate(made.Site.FINESS, e.AgentID)
		if err != nil {
			return err
		}
		e.Approve = e.Approve || approve
		made.Agent, err = insertAgent(ctx, tx, e, certificate, "")
		return err
	})
	return made, wrap(err, "enrol agent")
}

func tokenSite(ctx context.Context, from source, e Enrolment) (scanner.Establishment, error) {
	return one(ctx, from, scanEstablishment, `
		SELECT finess, legal_finess, name, region FROM establishment WHERE finess =
		(SELECT finess FROM enrol_token WHERE token_hash = $1 AND used_at = 0 AND cancelled_at = 0 AND expires_at > $2)`,
		e.TokenHash, stamp(e.At))
}

// EnrolExternal records an agent that a certificate of another PKI names, and its
// certificate. One of that name that is known already goes on, with another certificate of
// its lineage: ErrNotFound when it was revoked, or the establishment is not known.
func (s *Store) EnrolExternal(ctx context.Context, finess scanner.FINESS, name string, e Enrolment) (made Enrolled, err error) {
	err = s.write(ctx, Region(), func(tx *transaction) error {
		made.Site, err = one(ctx, tx, scanEstablishment, selectEstablishment+` AND finess = $2`, string(finess), finess)
		if err != nil {
			return err
		}
		known, err := one(ctx, tx, scanAgent, selectAgent+` AND external_name = $2`, string(finess), name)
		if err == nil {
			e.AgentID = known.ID
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		certificate, errCertificate := e.Certificate(finess, e.AgentID)
		switch {
		case errCertificate != nil:
			return errCertificate
		case err != nil:
			made.Agent, err = insertAgent(ctx, tx, e, certificate, name)
			return err
		case known.State == AgentRevoked:
			return ErrNotFound
		}
		made.Agent = known
		return insertCertificate(ctx, tx, certificate)
	})
	return made, wrap(err, "enrol agent of another PKI")
}

func insertAgent(ctx context.Context, tx *transaction, e Enrolment, c Certificate, external string) (Agent, error) {
	state := AgentActive
	if e.Approve {
		state = AgentPending
	}
	number, err := one(ctx, tx, scanInt, `SELECT COUNT(*) + 1 FROM agent WHERE finess = $1`, c.FINESS)
	if err != nil {
		return Agent{}, err
	}
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO agent (id, finess, name, external_name, software, state, last_seen, enrolled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
		c.AgentID, c.FINESS, fmt.Sprintf("agent %d", number), external, e.Software, state, stamp(e.At)); err != nil {
		return Agent{}, err
	}
	if err := insertCertificate(ctx, tx, c); err != nil {
		return Agent{}, err
	}
	return agentIn(ctx, tx, Only(c.FINESS), c.AgentID)
}

// spendToken marks the token used, and tells whether its agent waits for approval; of two
// agents that come at once, the second finds no row to change.
func spendToken(ctx context.Context, tx *transaction, e Enrolment) (approve bool, err error) {
	if err := changedOne(tx.ExecContext(ctx, `
		UPDATE enrol_token SET used_at = $1, used_by = $2 WHERE token_hash = $3 AND used_at = 0`,
		stamp(e.At), e.AgentID, e.TokenHash)); err != nil {
		return false, err
	}
	return one(ctx, tx, scanBool, `SELECT approve FROM enrol_token WHERE token_hash = $1`, e.TokenHash)
}
