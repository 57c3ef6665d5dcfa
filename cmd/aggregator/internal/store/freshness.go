// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"carescan/scanner"
)

// Freshness is how recent, and how whole, what is known of an establishment is. It is
// the age of the look, not of its reception: an old look received today is old.
type Freshness string

// The kinds of freshness, from the one that asks most of a reader.
const (
	NeverSeen   Freshness = "never"   // no run ever came
	Silent      Freshness = "silent"  // nothing came for long, or the moments that its agents announced were missed
	LateBundle  Freshness = "late"    // what came lately tells of a look made long ago
	FailedRun   Freshness = "failed"  // the newest run of an agent could look at nothing
	PartialRun  Freshness = "partial" // some looks of it did not end
	FreshEnough Freshness = "fresh"
)

// Stale lists the kinds that ask something of a reader.
func Stale() []Freshness { return []Freshness{NeverSeen, Silent, LateBundle, FailedRun, PartialRun} }

// Label names the freshness on screen.
func (f Freshness) Label() scanner.Text {
	switch f {
	case NeverSeen:
		return scanner.Text{FR: "jamais vu", EN: "never seen"}
	case Silent:
		return scanner.Text{FR: "silencieux", EN: "silent"}
	case LateBundle:
		return scanner.Text{FR: "dossier tardif", EN: "late bundle"}
	case FailedRun:
		return scanner.Text{FR: "passage en échec", EN: "failed run"}
	case PartialRun:
		return scanner.Text{FR: "passage partiel", EN: "partial run"}
	case FreshEnough:
	}
	return scanner.Text{FR: "à jour", EN: "up to date"}
}

// Looked is when an establishment was last looked at.
type Looked struct {
	// Ended is the end of the newest look among the newest runs of its agents, by how
	// they ended.
	Ended      map[scanner.RunStatus]time.Time
	LastBundle time.Time // reception; zero when none came yet
	// LateAt is when the last of its agents that say their rhythm will have missed two
	// moments of it; zero when none does.
	LateAt time.Time
}

// Last is the end of the newest look; zero when there was none.
func (l Looked) Last() (last time.Time) {
	for _, ended := range l.Ended {
		if ended.After(last) {
			last = ended
		}
	}
	return last
}

// Freshness judges at a moment; beyond after, a look is old. Of several agents, the run
// that asks most of a reader tells, unless it is old itself.
func (l Looked) Freshness(now time.Time, after time.Duration) Freshness {
	recent := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) <= after }
	switch last := l.Last(); {
	case last.IsZero():
		return NeverSeen
	case !recent(last) && recent(l.LastBundle):
		return LateBundle
	case !recent(last) || l.missed(now):
		return Silent
	case recent(l.Ended[scanner.RunFailed]):
		return FailedRun
	case recent(l.Ended[scanner.RunPartial]):
		return PartialRun
	}
	return FreshEnough
}

// missed tells that every agent which says its rhythm missed two moments of it, and that
// nothing came since.
func (l Looked) missed(now time.Time) bool {
	return !l.LateAt.IsZero() && now.After(l.LateAt) && !l.LastBundle.After(l.LateAt)
}

var lookedQuery = `
	SELECT finess, 'run', status, MAX(ended_at) FROM agent_run WHERE ` + within("finess") + ` GROUP BY finess, status
	UNION ALL
	SELECT finess, 'bundle', '', MAX(received_at) FROM bundle WHERE ` + within("finess") + ` GROUP BY finess
	UNION ALL
	SELECT finess, 'late', '', MAX(late_at) FROM agent WHERE ` + within("finess") + ` AND state = 'active' AND late_at > 0 GROUP BY finess`

// Looked tells when an establishment was last looked at.
func (s *Store) Looked(ctx context.Context, scope Scope, finess scanner.FINESS) (l Looked, err error) {
	counts, err := many(ctx, s.view(scope), scanCount, `SELECT * FROM (`+lookedQuery+`) AS looked WHERE finess = $2`, scope.sees, finess)
	if err != nil {
		return l, wrap(err, "find the last looks at %s", finess)
	}
	for _, c := range counts {
		l.add(c)
	}
	return l, nil
}

func (l *Looked) add(c count) {
	at := time.UnixMicro(c.n).UTC()
	switch c.what {
	case "bundle":
		l.LastBundle = at
		return
	case "late":
		l.LateAt = at
		return
	}
	if l.Ended == nil {
		l.Ended = map[scanner.RunStatus]time.Time{}
	}
	l.Ended[scanner.RunStatus(c.which)] = at
}

// lateAfter is how long after its run a bundle is late, and says so.
const lateAfter = 24 * time.Hour

// Late tells that a bundle came long after the look it tells of.
func (b Bundle) Late() bool { return b.ReceivedAt.Sub(b.EndedAt) > lateAfter }
