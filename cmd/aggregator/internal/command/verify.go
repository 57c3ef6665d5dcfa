// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/proof"
	"carescan/reports/bundle"
	"carescan/scanner"
	"carescan/scanner/bounded"
)

func (a *app) verify() *cobra.Command {
	var trusted trustFiles
	command := &cobra.Command{
		Use: "verify FILE", Args: cobra.ExactArgs(1),
		Short: a.say("Vérifie un dossier scellé, une preuve d'inscription au journal ou un acte d'effacement, hors ligne", "Verify a sealed bundle, a proof of the log or a record of erasure, offline"),
		RunE:  func(_ *cobra.Command, args []string) error { return a.verifyFile(args[0], trusted) },
	}
	command.Flags().StringVar(&trusted.seal, "key", "", a.say("d'une preuve : clé de sceau attendue (PEM)", "of a proof: expected seal key (PEM)"))
	command.Flags().StringVar(&trusted.log, "log-key", "", a.say("d'une preuve ou d'un acte : clé attendue du journal, telle que l'accusé la nomme", "of a proof or a record: expected key of the log, as the receipt names it"))
	command.Flags().StringVar(&trusted.roots, "tsa", "", a.say("d'une preuve : certificats racines des autorités d'horodatage (PEM)", "of a proof: root certificates of the time-stamping authorities (PEM)"))
	return command
}

func (a *app) verifyFile(path string, trusted trustFiles) error {
	raw, _, err := bounded.File(path, bundle.MaxBytes)
	if err != nil {
		return badBundle(err)
	}
	if proof.Is(raw) {
		return a.verifyProof(raw, trusted)
	}
	if proof.IsErasure(raw) {
		return a.verifyErasure(raw, trusted.log)
	}
	opened, err := bundle.Open(raw, bundle.Options{})
	if err != nil {
		fmt.Fprintf(a.err, "%s: %s\n%s: %s %v\n", program, a.say("le dossier n'est pas authentique", "the bundle is not authentic"),
			program, a.say("détail :", "detail:"), err)
		return cli.Exit(cli.ExitFailed)
	}
	h := opened.Header
	a.tell("Le contenu est intact depuis sa signature.", "The content is intact since it was signed.")
	a.tell("Établissement : %s", "Establishment: %s", h.FINESS)
	a.tell("Dossier : %s (n° %d)", "Bundle: %s (no. %d)", h.ID, h.Seq)
	a.tell("Scellé, selon l'agent : %s", "Sealed, says the agent: %s", h.SealedAt.UTC().Format(time.RFC3339))
	a.tell("Empreinte : %s", "Digest: %s", opened.Digest)
	a.tell("Clé : %s", "Key: %s", opened.KeyID)
	a.tell("Ceci ne prouve pas à qui appartient la clé : comparez-la à celle que montre l'agrégateur.",
		"This does not prove whose key it is: compare it with the one the aggregator shows.")
	return nil
}

func badBundle(err error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le fichier ne peut pas être lu", EN: "the file cannot be read"},
		Hint:     scanner.Text{FR: "donnez un dossier scellé, dont le nom finit par " + bundle.Extension, EN: "give a sealed bundle, whose name ends in " + bundle.Extension},
		Cause:    err,
	}
}
