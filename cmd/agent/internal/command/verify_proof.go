// SPDX-License-Identifier: Apache-2.0

package command

import (
	"fmt"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/proof"
	"carescan/scanner"
)

// verifyProof walks from a receipt to a time-stamp.
func (a *app) verifyProof(raw []byte, sealFile, logKey, rootsFile string) error {
	trust := proof.Trust{LogKey: logKey}
	if sealFile != "" {
		seal, err := readFile(sealFile)
		if err != nil {
			return err
		}
		trust.SealKey = string(seal)
	}
	if rootsFile != "" {
		roots, err := readFile(rootsFile)
		if err != nil {
			return err
		}
		if trust.Roots, err = proof.ParseRoots(roots); err != nil {
			return badRoots(err)
		}
	}
	told, holds := proof.Tell(raw, trust, a.lang.Lang)
	fmt.Fprint(a.out, told)
	if !holds {
		return cli.Exit(cli.ExitFailed)
	}
	return nil
}

// verifyErasure verifies that a region erased an establishment.
func (a *app) verifyErasure(raw []byte, logKey string) error {
	told, holds := proof.TellErasure(raw, logKey, a.lang.Lang)
	fmt.Fprint(a.out, told)
	if !holds {
		return cli.Exit(cli.ExitFailed)
	}
	return nil
}

func badRoots(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "les certificats racines donnés avec --tsa ne sont pas lisibles", EN: "the root certificates given with --tsa cannot be read"},
		Hint:     scanner.Text{FR: "donnez un fichier PEM « CERTIFICATE »", EN: "give a PEM file, CERTIFICATE"},
		Cause:    cause,
	}
}

func forProofsOnly() error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "--tsa et --log-key ne servent que pour une preuve d'inscription au journal", EN: "--tsa and --log-key are for a proof of the log only"},
		Hint:     scanner.Text{FR: "donnez un fichier " + proof.Extension + ", ou retirez ces options", EN: "give a " + proof.Extension + " file, or remove these flags"},
	}
}
