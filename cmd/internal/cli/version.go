// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"carescan/scanner"
)

// version is set by the linker: -X carescan/cmd/internal/cli.version=1.2.3.
var version = "0.1.0-dev"

// Software names a program and its version, as written in bundles.
func Software(program string) string { return program + " " + version }

// Version is the command that prints the version of a program.
func Version(program string, l scanner.Lang) *cobra.Command {
	return &cobra.Command{
		Use: "version", Args: cobra.NoArgs,
		Short: scanner.Text{FR: "Affiche la version", EN: "Print the version"}.In(l),
		RunE: func(command *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(command.OutOrStdout(), "%s (%s, %s/%s)\n", Software(program), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
