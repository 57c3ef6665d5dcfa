// SPDX-License-Identifier: Apache-2.0

package command

import (
	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/config"
)

func (a *app) init() *cobra.Command {
	return &cobra.Command{
		Use: "init", Args: cobra.NoArgs,
		Short: a.say("Crée la région dans le dossier de données ; une région déjà là n'est pas touchée", "Make the region in the data folder; one that is there is not touched"),
		RunE: func(c *cobra.Command, _ []string) (err error) {
			settings, err := config.Load(c.Flags())
			if err != nil {
				return badSettings(err)
			}
			place, err := settings.Place()
			if err != nil {
				return badSettings(err)
			}
			known := place.Exists()
			r, err := makeRegion(c.Context(), settings, place)
			if err != nil {
				return err
			}
			if known {
				a.tell("La région de %s existe déjà.", "The region of %s is there already.", settings.Data)
			} else {
				a.tell("Région créée dans %s. Suite : « carescan-aggregator user add --admin », « establishment add », puis « serve ».",
					"Region made in %s. Next: carescan-aggregator user add --admin, establishment add, then serve.", settings.Data)
			}
			return r.close(nil)
		},
	}
}
