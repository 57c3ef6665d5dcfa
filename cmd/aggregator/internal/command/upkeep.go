// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner/settings"
)

func (a *app) rebuild() *cobra.Command {
	return &cobra.Command{
		Use: "rebuild", Args: cobra.NoArgs,
		Short: a.say("Recalcule constats et exigences à partir des dossiers scellés", "Derive findings and controls again from the sealed bundles"),
		RunE: a.inRegion(func(ctx context.Context, r *region) error {
			n, err := ingest.Rebuild(ctx, r.store)
			if err == nil {
				a.tell("Dossiers relus : %d", "Bundles read: %d", n)
			}
			return err
		}),
	}
}

func (a *app) migrate() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Args: cobra.NoArgs,
		Short: a.say("Met à jour le schéma de la base", "Bring the schema of the database up to date"),
		RunE: a.inRegion(func(ctx context.Context, r *region) error {
			version, err := r.store.Migrate(ctx)
			if err == nil {
				a.tell("Version du schéma : %d", "Version of the schema: %d", version)
			}
			return err
		}),
	}
}

func (a *app) doctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Args: cobra.NoArgs,
		Short: a.say("Examine la base, les dossiers et les clés", "Examine the database, the bundles and the keys"),
		RunE:  a.inRegion(a.examine),
	}
}

// examine stops at the first thing that is wrong; opening the region has
// already checked the rights of its files.
func (a *app) examine(ctx context.Context, r *region) error {
	if err := r.store.Verify(ctx); err != nil {
		return badFolder(err)
	}
	if err := r.store.CheckIntegrity(ctx); err != nil {
		return badFolder(err)
	}
	a.tell("Base de données : saine, écriture durable", "Database: sound, writes are durable")
	n, err := r.store.CheckBlobs(ctx)
	if err != nil {
		return badFolder(err)
	}
	a.tell("Dossiers scellés : %d, tous conformes à leur empreinte", "Sealed bundles: %d, all match their digest", n)
	if err := a.examineChains(ctx, r); err != nil {
		return badFolder(err)
	}
	end := r.authority.NotAfter()
	a.tell("Autorité de certification : valable jusqu'au %s", "Certificate authority: valid until %s", settings.DayText(end).In(a.lang.Lang))
	return nil
}

// examineChains tells which bundles an agent sealed and the region lacks, and which
// numbers came twice: a folder put back from an older copy is as sound as another.
func (a *app) examineChains(ctx context.Context, r *region) error {
	chains, err := r.store.Chains(ctx, store.Region(), "")
	if err != nil {
		return err
	}
	for _, c := range chains {
		if len(c.Missing) > 0 {
			a.tell("Attention : agent %s (établissement %s), numéros de dossiers manquants : %s. L'agent renvoie de lui-même, à son prochain envoi, ce qu'il garde encore ; s'il en manque après cela, lancez « carescan-agent resend --from %d » sur place.",
				"Warning: agent %s (establishment %s), numbers of missing bundles: %s. The agent sends again by itself, with its next one, what it still keeps; if some are missing after that, run carescan-agent resend --from %d on site.",
				c.AgentID, c.FINESS, c.Missing, c.Missing[0].From)
		}
		if len(c.Twice) > 0 {
			a.tell("Attention : l'agent %s (établissement %s) a scellé deux dossiers sous un même numéro (%s) : son état a été restauré d'une copie, ou la machine a été clonée. Tous ces dossiers sont gardés.",
				"Warning: agent %s (establishment %s) sealed two bundles under one number (%s): its state was restored from a copy, or the machine was cloned. All these bundles are kept.",
				c.AgentID, c.FINESS, c.Twice)
		}
	}
	if len(chains) == 0 {
		a.tell("Numéros des dossiers : sans manque ni doublon", "Numbers of bundles: none missing, none twice")
	}
	return nil
}
