// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/proof"
	"carescan/reports"
	"carescan/reports/bundle"
	"carescan/scanner"
	"carescan/scanner/bounded"
)

func (a *app) verify() *cobra.Command {
	var keyFile, rootsFile, logKey string
	command := &cobra.Command{
		Use: "verify FILE", Args: cobra.ExactArgs(1),
		Short: a.say("Vérifie un dossier scellé, un dossier de preuves, une preuve d'inscription au journal ou un acte d'effacement, hors ligne", "Verify a bundle, an evidence pack, a proof of the log or a record of erasure, offline"),
		RunE: func(_ *cobra.Command, args []string) error {
			raw, err := readFile(args[0])
			if err != nil {
				return err
			}
			if proof.Is(raw) {
				return a.verifyProof(raw, keyFile, logKey, rootsFile)
			}
			if proof.IsErasure(raw) {
				return a.verifyErasure(raw, logKey)
			}
			if rootsFile != "" || logKey != "" {
				return forProofsOnly()
			}
			key, err := publicKey(keyFile)
			if err != nil {
				return err
			}
			return a.verifyBytes(raw, key)
		},
	}
	command.Flags().StringVar(&keyFile, "key", "", a.say("clé publique attendue (PEM) ; sans elle, celle du fichier est montrée", "expected public key (PEM); without it, the one in the file is shown"))
	command.Flags().StringVar(&rootsFile, "tsa", "", a.say("d'une preuve : certificats racines des autorités d'horodatage (PEM)", "of a proof: root certificates of the time-stamping authorities (PEM)"))
	command.Flags().StringVar(&logKey, "log-key", "", a.say("d'une preuve ou d'un acte : clé attendue du journal, telle que l'accusé la nomme", "of a proof or a record: expected key of the log, as the receipt names it"))
	return command
}

// maxFile bounds a file given by a person, in bytes.
const maxFile = 256 << 20

func readFile(path string) ([]byte, error) {
	raw, _, err := bounded.File(path, maxFile)
	if err != nil {
		return nil, &cli.Problem{
			Sentence: scanner.Text{FR: "le fichier n'est pas lisible", EN: "the file cannot be read"},
			Hint:     scanner.Text{FR: "vérifiez son chemin et ses droits", EN: "check its path and rights"},
			Cause:    err,
		}
	}
	return raw, nil
}

func publicKey(file string) (crypto.PublicKey, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := readFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, badKey(errors.New("no PEM block in it"))
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, badKey(err)
	}
	return key, nil
}

func badKey(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "la clé publique n'est pas lisible", EN: "the public key cannot be read"},
		Hint:     scanner.Text{FR: "donnez un fichier PEM « PUBLIC KEY »", EN: "give a PEM file, PUBLIC KEY"},
		Cause:    cause,
	}
}

// zipMagic begins every zip file, and so every evidence pack.
var zipMagic = []byte("PK\x03\x04")

func (a *app) verifyBytes(raw []byte, key crypto.PublicKey) error {
	if bytes.HasPrefix(raw, zipMagic) {
		return a.verifyPack(raw, key)
	}
	opened, err := bundle.Open(raw, bundle.Options{Key: key})
	if err != nil {
		return a.notVerified(err)
	}
	return a.showOpened(opened)
}

// notVerified says which part is wrong. It is a result, not a failure to run.
func (a *app) notVerified(err error) error {
	fmt.Fprintf(a.out, "%s\n  %s %s\n",
		a.say("✗ NON VÉRIFIÉ : ce fichier n'est pas celui qui a été scellé.", "✗ NOT VERIFIED: this file is not the one that was sealed."),
		a.say("détail :", "detail:"), err)
	return cli.Exit(cli.ExitFailed)
}

// counted is the findings of a run in counts, with what nobody declared apart.
func (a *app) counted(run scanner.Run) string {
	var parts []string
	count := run.CountTold()
	for _, outcome := range scanner.Outcomes() {
		parts = append(parts, fmt.Sprintf("%d %s", count[outcome], outcome.Counted(count[outcome]).In(a.lang.Lang)))
	}
	line := strings.Join(parts, ", ")
	if lacks := scanner.Lacks(run.Findings); len(lacks) > 0 {
		line += "\n            " + scanner.CountLacks(lacks).In(a.lang.Lang)
	}
	return line
}

func (a *app) showOpened(o *bundle.Opened) error {
	_, err := fmt.Fprintf(a.out, a.say(
		"✓ VÉRIFIÉ : contenu intact, signature valide.\n  dossier   %s\n  empreinte %s\n  clé       %s\n  rang      %d, précédent %s\n  scellé le %s par %s\n  pour      %s\n  constats  %s\nCe que cela ne prouve pas : à qui appartient la clé (comparez-la avec --key), ni la date (elle est celle de l'agent).\n",
		"✓ VERIFIED: content intact, signature valid.\n  bundle    %s\n  digest    %s\n  key       %s\n  number    %d, previous %s\n  sealed on %s by %s\n  for       %s\n  findings  %s\nWhat this does not prove: whose key it is (compare it with --key), nor the date (it is the agent's).\n",
	), o.Header.ID, o.Digest, o.KeyID, o.Header.Seq, cmp.Or(o.Header.Previous, "—"), scanner.Moment(a.lang.Lang, o.Header.SealedAt), o.Header.Software,
		o.Run.Establishment.Called(),
		a.counted(o.Run))
	for i, dropped := range o.Run.Dropped() {
		if i == 0 {
			fmt.Fprintln(a.out, a.say(
				"Pièces nommées et non gardées, faute de place (leur empreinte dit seulement si des octets trouvés ailleurs sont les mêmes) :",
				"Artifacts named and not kept, for want of room (their digest only tells whether bytes found elsewhere are the same):"))
		}
		fmt.Fprintf(a.out, "  %s  %s (%d %s)\n", dropped.Digest, reports.ArtifactLabel(dropped.Name).In(a.lang.Lang), dropped.Size, a.say("octets", "bytes"))
	}
	return err
}
