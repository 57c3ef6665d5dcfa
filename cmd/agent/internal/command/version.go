// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/internal/cli"
)

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Args: cobra.NoArgs,
		Short: a.say("Affiche la version", "Print the version"),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.out, cli.VersionLine(runner.Program))
			return err
		},
	}
}
