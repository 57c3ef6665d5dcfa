// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"time"

	"carescan/cmd/aggregator/internal/evidence"
	"carescan/reports"
)

// examineEvidence compares the database with what the evidence log sealed, and tells
// whether anything was altered.
func (a *app) examineEvidence(ctx context.Context, r *region) (altered bool, err error) {
	found, err := r.evidence.Examine(ctx)
	if err != nil {
		return false, err
	}
	for _, b := range found.Breaches {
		a.tell("ALTÉRATION : %s.", "ALTERED: %s.", b.Sentence().In(a.lang.Lang))
	}
	if len(found.Breaches) > 0 {
		a.tell("La base n'est plus ce que la région y a écrit. Gardez-en une copie, cherchez qui y a accès, puis : « rejudge --dry-run » montre les verdicts qui diffèrent des dossiers scellés, « rebuild » les recalcule ; l'audit se reprend d'une sauvegarde.",
			"The database is no longer what the region wrote there. Keep a copy of it, find out who has access to it, then: rejudge --dry-run shows the verdicts that differ from the sealed bundles, rebuild derives them again; the audit trail comes back from a backup.")
	} else {
		a.tell("Journal de preuves : verdicts, événements et audit sont tels que scellés ; %d feuilles signées, %d points de contrôle",
			"Evidence log: verdicts, events and audit are as they were sealed; %d leaves signed, %d checkpoints", found.Leaves, found.Checkpoints)
	}
	a.tellErasures(found.Erasures)
	a.tellStamps(found.Stamps)
	return len(found.Breaches) > 0, nil
}

// tellStamps says since when authorities bear witness.
func (a *app) tellStamps(list []evidence.Held) {
	if len(list) == 0 {
		a.tell("Horodatage : aucune autorité n'est réglée (stamp.url) ; les preuves ne disent la date que sur la foi de la région.",
			"Time-stamps: no authority is set (stamp.url); proofs tell a date on the word of the region alone.")
	}
	const late = 48 * time.Hour
	for _, s := range list {
		switch {
		case s.At.IsZero():
			a.tell("Attention : horodatage par %s : aucun encore.", "Warning: time-stamps by %s: none yet.", s.Authority)
		case time.Since(s.At) > late:
			a.tell("Attention : horodatage par %s : le dernier est du %s.", "Warning: time-stamps by %s: the last is of %s.", s.Authority, reports.Moment(s.At, a.lang.Lang))
		default:
			a.tell("Horodatage par %s : le %s", "Time-stamps by %s: on %s", s.Authority, reports.Moment(s.At, a.lang.Lang))
		}
	}
}
