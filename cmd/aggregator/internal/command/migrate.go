// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/config"
	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

func (a *app) migrate() *cobra.Command {
	var to string
	command := &cobra.Command{
		Use: "migrate", Args: cobra.NoArgs,
		Short: a.say("Met à jour le schéma de la base ; avec --to, déplace la région vers PostgreSQL",
			"Bring the schema of the database up to date; with --to, move the region to PostgreSQL"),
		RunE: func(c *cobra.Command, _ []string) error {
			if to != "" {
				if err := c.Flags().Set("database-address", to); err != nil {
					return badSettings(err)
				}
			}
			settings, err := config.Load(c.Flags())
			if err != nil {
				return badSettings(err)
			}
			if to != "" {
				return a.moveRegion(c.Context(), settings)
			}
			return a.migrateRegion(c.Context(), settings)
		},
	}
	command.Flags().StringVar(&to, "to", "", a.say("adresse d'une base PostgreSQL vide, où copier la région du dossier de données (serveur arrêté)",
		"address of an empty PostgreSQL database, to copy the region of the data folder to (server stopped)"))
	return command
}

// migrateRegion works on a region that is there; the database of one on PostgreSQL comes
// before it.
func (a *app) migrateRegion(ctx context.Context, c config.Config) error {
	place, err := c.PlaceOfOwner()
	if err != nil {
		return badSettings(err)
	}
	if place.Postgres != nil {
		if err := place.Postgres.Migrate(ctx); err != nil {
			return badStore(err, place)
		}
		if !place.Exists() {
			a.tell("Base prête. Suite : « carescan-aggregator init ».", "Database ready. Next: carescan-aggregator init.")
			return nil
		}
	}
	return a.within(ctx, c, func(ctx context.Context, r *region) error {
		version, err := r.store.Version(ctx)
		if err == nil {
			a.tell("Version du schéma : %d", "Version of the schema: %d", version)
		}
		return err
	})
}

// moveRegion copies the region of the data folder, which nobody serves meanwhile, to the
// database of the settings.
func (a *app) moveRegion(ctx context.Context, c config.Config) error {
	to, err := c.PlaceOfOwner()
	if err != nil {
		return badSettings(err)
	}
	c.Database = config.Database{}
	release, err := cli.Claim(c.Data)
	if err != nil {
		return badFolder(err)
	}
	defer release()
	err = a.within(ctx, c, func(ctx context.Context, r *region) error {
		moved, err := ingest.Move(ctx, r.store, *to.Postgres, r.judge)
		if err != nil {
			return notMoved(err, to)
		}
		rows := 0
		for _, table := range moved.Tables {
			rows += table.Rows
		}
		a.tell("Région copiée : %d tables, %d lignes, relues et comparées des deux côtés ; %d dossiers vérifiés, d'où les mêmes constats se déduisent.",
			"Region copied: %d tables, %d rows, read again and compared on both sides; %d bundles verified, from which the same findings follow.",
			len(moved.Tables), rows, moved.Bundles)
		a.tell("Suite : écrivez database.address dans vos réglages, puis relancez « carescan-aggregator serve ». Le fichier carescan.db et le dossier blobs de %s ne sont plus lus : gardez-les jusqu'à votre première sauvegarde de PostgreSQL ; les clés y restent.",
			"Next: write database.address in your settings, then start carescan-aggregator serve again. File carescan.db and folder blobs of %s are read no more: keep them until your first backup of PostgreSQL; the keys stay there.", c.Data)
		return nil
	})
	if err != nil {
		return err
	}
	return bindMoved(ctx, to)
}

// bindMoved opens a region at its new place as the application does, once: from then on
// the database belongs to its keys.
func bindMoved(ctx context.Context, to store.Place) error {
	s, err := store.Open(ctx, to)
	if err != nil {
		return badStore(err, to)
	}
	r := &region{store: s}
	if err := r.bindKeys(ctx, to); err != nil {
		return r.close(badStore(err, to))
	}
	return r.close(nil)
}

// notMoved says why a region was not copied, and that it is where it was.
func notMoved(err error, to store.Place) error {
	problem := &cli.Problem{
		Sentence: scanner.Text{
			FR: "la région n'a pas été copiée ; elle est intacte dans le dossier de données, et rien n'en reste dans PostgreSQL",
			EN: "the region was not copied; it is whole in the data folder, and nothing of it is left in PostgreSQL",
		},
		Hint: scanner.Text{
			FR: "« carescan-aggregator doctor » dit ce qui est abîmé ; mettez-le en ordre, ou restaurez une sauvegarde, et recommencez",
			EN: "carescan-aggregator doctor tells what is damaged; put it right, or restore a backup, and begin again",
		},
		Cause: err,
	}
	switch {
	case errors.Is(err, store.ErrNotEmpty):
		problem.Hint = scanner.Text{
			FR: "la base d'arrivée contient déjà quelque chose : donnez-en une neuve, créée comme le guide le dit",
			EN: "the database to copy to already holds something: give a new one, made as the guide says",
		}
	case errors.Is(err, store.ErrStale):
		problem.Hint = scanner.Text{
			FR: "lancez « carescan-aggregator rejudge », puis recommencez : ce programme conclut autrement que celui qui a reçu les dossiers",
			EN: "run carescan-aggregator rejudge, then begin again: this program concludes otherwise than the one that received the bundles",
		}
	case store.IsConnection(err):
		return badStore(err, to)
	}
	return problem
}
