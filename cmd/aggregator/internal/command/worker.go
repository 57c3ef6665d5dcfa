// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/jobs"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

func (a *app) worker() *cobra.Command {
	return &cobra.Command{
		Use: "worker", Args: cobra.NoArgs,
		Short: a.say("Fait les tâches de la région, à part de « serve » (PostgreSQL seulement)", "Do the rounds of the region, apart from serve (PostgreSQL only)"),
		RunE:  a.inRegion(a.workApart),
	}
}

// workApart does the rounds until the context ends. It claims no folder: what is in
// that of a region on PostgreSQL is only read.
func (a *app) workApart(ctx context.Context, r *region) error {
	if r.settings.Database.Address == "" {
		return &cli.Problem{
			Sentence: scanner.Text{
				FR: "la région est sur SQLite, où « serve » fait lui-même les tâches : un second programme n'y travaille pas",
				EN: "the region is on SQLite, where serve does the rounds itself: no second program works there",
			},
			Hint: scanner.Text{
				FR: "lancez « serve » ; worker sert à une région sur PostgreSQL (database.address)",
				EN: "start serve; worker is for a region on PostgreSQL (database.address)",
			},
		}
	}
	work, err := a.work(r)
	if err != nil {
		return err
	}
	return work(ctx)
}

// work does the rounds of a region until the context ends.
func (a *app) work(r *region) (func(context.Context) error, error) {
	worker, err := jobs.New(r.store, r.rounds(), a.log)
	if err != nil {
		return nil, err
	}
	return worker.Run, nil
}

// idle is the work of a server whose rounds are done apart.
func idle(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
