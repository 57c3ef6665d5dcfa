// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"crypto"
	"errors"
	"time"

	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// Seal numbers a run, signs it and keeps it in the spool, once, with the names of
// its pseudonyms beside it. The bundle bears the id of the run. An error that is
// spool.ErrLasting is not worth a second try.
func Seal(s *spool.Spool, key crypto.Signer, agentID string, run scanner.Run) (spool.Sealed, error) {
	sealed, err := s.Seal(run.ID, func(seq uint64, previous string) ([]byte, error) {
		return bundle.Seal(bundle.Bundle{Run: run, Header: bundle.Header{
			ID: run.ID, Seq: seq, Previous: previous, AgentID: agentID,
			Software: cli.Software(Program), SealedAt: time.Now().UTC(), FINESS: run.Establishment.FINESS,
		}}, key)
	})
	if errors.Is(err, spool.ErrLasting) {
		return sealed, neverKept(err)
	}
	if err != nil {
		return sealed, notKept(err)
	}
	sealed.Beside = errors.Join(sealed.Beside, s.KeepNames(sealed.ID, run.Names))
	return sealed, nil
}

func notKept(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le passage n'a pas pu être scellé et gardé sur le disque", EN: "the run could not be sealed and kept on disk"},
		Hint: scanner.Text{
			FR: "vérifiez la place et les droits du dossier d'état (state), puis recommencez ; « carescan-agent doctor » montre l'état",
			EN: "check the space and rights of the state folder, then start again; carescan-agent doctor shows its state",
		},
		Cause: cause,
	}
}

func neverKept(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le passage ne peut pas être scellé, et recommencer n'y changera rien", EN: "the run cannot be sealed, and trying again will not help"},
		Hint: scanner.Text{
			FR: "si la cause nomme la clé ou la signature, la clé de l'agent est abîmée : enrôlez l'agent à nouveau avec un autre dossier d'état ; si elle nomme une taille, divisez le périmètre entre deux agents",
			EN: "if the cause names the key or the signature, the key of the agent is damaged: enrol the agent again with another state folder; if it names a size, share the scope between two agents",
		},
		Cause: cause,
	}
}
