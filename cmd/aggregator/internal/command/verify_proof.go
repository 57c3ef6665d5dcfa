// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/proof"
	"carescan/scanner"
	"carescan/scanner/bounded"
)

// trustFiles is what the reader of a proof knows from elsewhere.
type trustFiles struct{ seal, log, roots string }

func (f trustFiles) read() (trust proof.Trust, err error) {
	trust.LogKey = f.log
	if f.seal != "" {
		raw, _, err := bounded.File(f.seal, proof.MaxBytes)
		if err != nil {
			return trust, err
		}
		trust.SealKey = string(raw)
	}
	if f.roots == "" {
		return trust, nil
	}
	raw, _, err := bounded.File(f.roots, proof.MaxBytes)
	if err != nil {
		return trust, err
	}
	trust.Roots, err = proof.ParseRoots(raw)
	return trust, err
}

// verifyProof walks from a receipt to a time-stamp.
func (a *app) verifyProof(raw []byte, files trustFiles) error {
	trust, err := files.read()
	if err != nil {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "une clé ou un certificat donné n'est pas lisible", EN: "a key or a certificate that was given cannot be read"},
			Hint:     scanner.Text{FR: "donnez à --key et à --tsa des fichiers PEM", EN: "give PEM files to --key and --tsa"},
			Cause:    err,
		}
	}
	told, holds := proof.Tell(raw, trust, a.lang.Lang)
	fmt.Fprint(a.out, told)
	if !holds {
		return cli.Exit(cli.ExitFailed)
	}
	return nil
}
