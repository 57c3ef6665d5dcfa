// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"carescan/scanner"
)

// AgentState says whether an agent may speak.
type AgentState string

// The states of an agent (aggregator.md section 8). One that waits for approval or is
// suspended may say how it is, and delivers nothing; only a suspended one comes back.
const (
	AgentPending   AgentState = "pending"
	AgentActive    AgentState = "active"
	AgentSuspended AgentState = "suspended"
	AgentRevoked   AgentState = "revoked"
)

// Label names the state on screen.
func (s AgentState) Label() scanner.Text {
	switch s {
	case AgentPending:
		return scanner.Text{FR: "à approuver", EN: "to be approved"}
	case AgentSuspended:
		return scanner.Text{FR: "suspendu", EN: "suspended"}
	case AgentRevoked:
		return scanner.Text{FR: "révoqué", EN: "revoked"}
	case AgentActive:
	}
	return scanner.Text{FR: "actif", EN: "active"}
}

// Agent is one program that sends bundles for one establishment.
type Agent struct {
	ID          string
	FINESS      scanner.FINESS
	SiteName    string // of its establishment
	Name        string // that people call it by, within its establishment
	Software    string
	State       AgentState
	LastSeq     int64
	LastSeen    time.Time
	LastAddress string // of its last bundle; empty before there was one
	EnrolledAt  time.Time
	RevokedAt   time.Time
	NotAfter    time.Time // of its newest certificate
	KeyDigest   string    // of the key of that certificate
	// ExternalName is what a certificate of another PKI calls it; empty for one that came
	// with a token.
	ExternalName string
	Pulse        Pulse
}

// Called is how a person recognises the agent, in the journal for example.
func (a Agent) Called() string { return fmt.Sprintf("%s, %s (%s)", a.Name, a.SiteName, a.FINESS) }

var selectAgent = `
	SELECT id, finess, (SELECT name FROM establishment WHERE establishment.finess = agent.finess), name,
	       software, state, last_seq, last_seen, last_address, enrolled_at, revoked_at,
	       COALESCE((SELECT MAX(not_after) FROM agent_cert WHERE agent_id = agent.id), 0),
	       COALESCE((SELECT key_digest FROM agent_cert WHERE agent_id = agent.id ORDER BY place DESC LIMIT 1), ''),
	       external_name, heard_at, next_run, late_at, waiting, waiting_since, rejected, clock_offset
	FROM agent WHERE ` + within("finess")

// Agents lists the agents, newest first.
func (s *Store) Agents(ctx context.Context, scope Scope) ([]Agent, error) {
	list, err := many(ctx, s.view(scope), scanAgent, selectAgent+` ORDER BY enrolled_at DESC, id`, scope.sees)
	return list, wrap(err, "list agents")
}

// Agent finds an agent.
func (s *Store) Agent(ctx context.Context, scope Scope, id string) (Agent, error) {
	a, err := agentIn(ctx, s.view(scope), scope, id)
	return a, wrap(err, "find agent %s", id)
}

func agentIn(ctx context.Context, from source, scope Scope, id string) (Agent, error) {
	return one(ctx, from, scanAgent, selectAgent+` AND id = $2`, scope.sees, id)
}

// Move is what a person decides about an agent.
type Move string

// The moves of an agent.
const (
	Approve Move = "approve"
	Suspend Move = "suspend"
	Resume  Move = "resume"
	Revoke  Move = "revoke" // for ever
)

// Deed is the name of the move in the journal.
func (m Move) Deed() string { return string(m) + "-agent" }

// From lists the states that a move starts from.
func (m Move) From() []AgentState {
	switch m {
	case Approve:
		return []AgentState{AgentPending}
	case Suspend:
		return []AgentState{AgentActive}
	case Resume:
		return []AgentState{AgentSuspended}
	case Revoke:
		return []AgentState{AgentPending, AgentActive, AgentSuspended}
	}
	return nil
}

func (m Move) to() AgentState {
	switch m {
	case Suspend:
		return AgentSuspended
	case Revoke:
		return AgentRevoked
	case Approve, Resume:
	}
	return AgentActive
}

// MoveAgent changes the state of an agent, effective at its next request wherever it is
// served, since each asks the database. It returns the agent as it was: ErrNotFound when
// the move does not start from its state.
func (s *Store) MoveAgent(ctx context.Context, scope Scope, id string, m Move, at time.Time) (was Agent, err error) {
	err = s.write(ctx, scope, func(tx *transaction) error {
		was, err = agentIn(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !slices.Contains(m.From(), was.State) {
			return ErrNotFound
		}
		if _, err := tx.ExecContext(ctx, `UPDATE agent SET state = $1 WHERE id = $2`, m.to(), id); err != nil || m != Revoke {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE agent SET revoked_at = $1 WHERE id = $2`, stamp(at), id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE agent_cert SET revoked_at = $1 WHERE agent_id = $2`, stamp(at), id)
		return err
	})
	return was, wrap(err, "%s agent %s", m, id)
}

func scanAgent(r row) (a Agent, err error) {
	err = r.Scan(&a.ID, &a.FINESS, &a.SiteName, &a.Name, &a.Software, &a.State, &a.LastSeq, (*moment)(&a.LastSeen), &a.LastAddress,
		(*moment)(&a.EnrolledAt), (*moment)(&a.RevokedAt), (*moment)(&a.NotAfter), &a.KeyDigest,
		&a.ExternalName, (*moment)(&a.Pulse.HeardAt), (*moment)(&a.Pulse.NextRun), (*moment)(&a.Pulse.LateAt), &a.Pulse.Waiting,
		(*moment)(&a.Pulse.WaitingSince), &a.Pulse.Rejected, (*micros)(&a.Pulse.ClockOffset))
	return a, err
}
