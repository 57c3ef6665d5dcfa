// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"carescan/scanner"
)

// RefusalKind is why an agent that proved who it is was refused.
type RefusalKind string

// The kinds of refusals. Each is the name of a deed of the journal, after "refuse-".
const (
	RefusedRevoked     RefusalKind = "revoked"
	RefusedSuspended   RefusalKind = "suspended"
	RefusedPending     RefusalKind = "pending"
	RefusedReplaced    RefusalKind = "replaced"  // a certificate whose successor was used
	RefusedEnded       RefusalKind = "ended"     // a certificate past its end
	RefusedKey         RefusalKind = "other-key" // not the key that the region certified
	RefusedCertificate RefusalKind = "unknown-certificate"
	RefusedForeign     RefusalKind = "foreign"  // it spoke for somebody else
	RefusedConflict    RefusalKind = "conflict" // another content under a known name
	RefusedClock       RefusalKind = "clock"    // a moment still to come
	RefusedMessage     RefusalKind = "message"  // no message of the protocol, or one without meaning
)

var refusalLabels = map[RefusalKind]scanner.Text{
	RefusedRevoked:     {FR: "agent révoqué", EN: "revoked agent"},
	RefusedSuspended:   {FR: "agent suspendu", EN: "suspended agent"},
	RefusedPending:     {FR: "agent pas encore approuvé", EN: "agent not approved yet"},
	RefusedReplaced:    {FR: "certificat remplacé, dont le successeur a servi (copie de la machine ?)", EN: "replaced certificate, whose successor was used (a copy of the machine?)"},
	RefusedEnded:       {FR: "certificat échu", EN: "certificate past its end"},
	RefusedKey:         {FR: "clé qui n'est pas celle certifiée", EN: "key that is not the one certified"},
	RefusedCertificate: {FR: "certificat inconnu de la région", EN: "certificate unknown to the region"},
	RefusedForeign:     {FR: "dossier au nom d'un autre", EN: "bundle in the name of somebody else"},
	RefusedConflict:    {FR: "autre contenu sous un nom déjà reçu", EN: "another content under a name already received"},
	RefusedClock:       {FR: "heure à venir : horloge en avance", EN: "moment still to come: fast clock"},
	RefusedMessage:     {FR: "message illisible ou dépourvu de sens", EN: "unreadable or meaningless message"},
}

// Label says why, on screen.
func (k RefusalKind) Label() scanner.Text { return refusalLabels[k].Typeset() }

// Deed is the name of such a refusal in the journal.
func (k RefusalKind) Deed() string { return "refuse-" + string(k) }

// RefusalKinds lists them all.
func RefusalKinds() []RefusalKind {
	return []RefusalKind{
		RefusedRevoked, RefusedSuspended, RefusedPending, RefusedReplaced, RefusedEnded,
		RefusedKey, RefusedCertificate, RefusedForeign, RefusedConflict, RefusedClock, RefusedMessage,
	}
}

// Refusal is how often an agent was refused for one reason.
type Refusal struct {
	AgentID string
	Kind    RefusalKind
	Times   int64
	LastAt  time.Time
	LastIP  string
}

// tellAgain is how long the journal does not repeat one kind of refusal of one agent.
const tellAgain = time.Hour

// NoteRefusal counts a refusal of an agent, and tells the journal unless it was told of
// the same within the hour: an agent that tries without end fills nothing.
func (s *Store) NoteRefusal(ctx context.Context, a Agent, kind RefusalKind, ip, detail string, at time.Time) error {
	err := s.write(ctx, Only(a.FINESS), func(tx *transaction) error {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO agent_refusal (agent_id, kind, finess, times, last_at, last_ip, told_at) VALUES ($1, $2, $3, 1, $4, $5, 0)
			ON CONFLICT (agent_id, kind) DO UPDATE SET times = agent_refusal.times + 1, last_at = $4, last_ip = $5`,
			a.ID, kind, a.FINESS, stamp(at), ip); err != nil {
			return err
		}
		told, err := tx.ExecContext(ctx, `UPDATE agent_refusal SET told_at = $3 WHERE agent_id = $1 AND kind = $2 AND told_at <= $4`,
			a.ID, kind, stamp(at), stamp(at.Add(-tellAgain)))
		if err != nil {
			return err
		}
		if n, err := told.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return insertDeed(ctx, tx, Deed{At: at, Actor: a.Called(), IP: ip, Action: kind.Deed(), Object: detail})
	})
	return wrap(err, "note a refusal of agent %s", a.ID)
}

// Refusals lists how an agent was refused, last first.
func (s *Store) Refusals(ctx context.Context, scope Scope, agent string) ([]Refusal, error) {
	list, err := many(ctx, s.view(scope), scanRefusal, `
		SELECT agent_id, kind, times, last_at, last_ip FROM agent_refusal
		WHERE `+within("finess")+` AND agent_id = $2 ORDER BY last_at DESC, kind`, scope.sees, agent)
	return list, wrap(err, "list refusals of agent %s", agent)
}

func scanRefusal(r row) (f Refusal, err error) {
	err = r.Scan(&f.AgentID, &f.Kind, &f.Times, (*moment)(&f.LastAt), &f.LastIP)
	return f, err
}
