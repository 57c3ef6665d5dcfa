// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"time"

	"carescan/cmd/aggregator/internal/backup"
	"carescan/cmd/aggregator/internal/evidence"
	"carescan/cmd/aggregator/internal/jobs"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// rounds is what the region does without being asked.
func (r *region) rounds() []jobs.Round {
	list := []jobs.Round{
		{
			Name: "forget", Every: time.Hour, Takes: 5 * time.Minute,
			Title: scanner.Text{FR: "Oublier les sessions et les connexions échues", EN: "Forget sessions and sign-ins that ended"},
			Do: func(ctx context.Context, now time.Time) error {
				return errors.Join(r.store.ForgetSessions(ctx, now), r.accounts.Forget(ctx, now))
			},
		},
		{
			Name: "evidence", Every: evidence.Every, Takes: 5 * time.Minute,
			Title: scanner.Text{FR: "Signer et horodater le journal de preuves", EN: "Sign and time-stamp the evidence log"},
			Do:    r.evidence.Round,
		},
		{
			Name: "silence", Every: time.Hour, Takes: 5 * time.Minute,
			Title: scanner.Text{FR: "Noter au journal les établissements devenus silencieux", EN: "Record in the journal the establishments that fell silent"},
			Do:    r.recordSilences,
		},
		{
			Name: "integrity", Every: 24 * time.Hour, Takes: 2 * time.Hour,
			Title: scanner.Text{FR: "Vérifier la base de données, et la comparer au journal de preuves", EN: "Check the database, and compare it with the evidence log"},
			Do: func(ctx context.Context, _ time.Time) error {
				return errors.Join(r.store.Verify(ctx), r.store.CheckIntegrity(ctx), r.evidence.Check(ctx))
			},
		},
	}
	if r.settings.Database.Address != "" {
		return append(list, jobs.Round{
			Name: "add-months", Every: 24 * time.Hour, Takes: 10 * time.Minute,
			Title: scanner.Text{FR: "Préparer la base aux mois à venir", EN: "Make room in the database for the months to come"},
			Do:    r.store.AddMonths,
		})
	}
	return append(list,
		jobs.Round{
			Name: "sweep", Every: 24 * time.Hour, Takes: 30 * time.Minute,
			Title: scanner.Text{FR: "Retirer les fichiers laissés par un arrêt brutal", EN: "Remove the files that a crash left"},
			// An upload lasts minutes: what is a day old is nobody's.
			Do: func(ctx context.Context, now time.Time) error { return r.store.SweepBlobs(ctx, now.Add(-24*time.Hour)) },
		},
		jobs.Round{
			Name: "rehearse-restore", Every: 24 * time.Hour, Takes: 4 * time.Hour,
			Title: scanner.Text{FR: "Sauvegarder la région et la restaurer, pour essai", EN: "Back the region up and restore it, as a rehearsal"},
			Do:    r.saved().Rehearse,
		})
}

// saved is the region as a backup sees it.
func (r *region) saved() backup.Region {
	return backup.Region{Folder: r.settings.Data, Store: r.store, Software: cli.Software(program)}
}

// recordSilences records the establishments that are silent, once for each silence.
func (r *region) recordSilences(ctx context.Context, now time.Time) error {
	standings, err := r.store.Standings(ctx, store.Region())
	if err != nil {
		return err
	}
	for _, s := range standings {
		if s.Freshness(now, r.settings.SilentAfter) != store.Silent {
			continue
		}
		since := s.LastBundle
		if last := s.Last(); last.After(since) {
			since = last
		}
		if err := r.store.RecordSilence(ctx, s.FINESS, since, now); err != nil {
			return err
		}
	}
	return nil
}
