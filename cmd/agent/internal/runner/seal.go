// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"crypto"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// Seal numbers a run, signs it and keeps it in the spool, with the names of its
// pseudonyms beside it.
func Seal(s *spool.Spool, key crypto.Signer, agentID string, run scanner.Run) (spool.Entry, error) {
	entry, err := s.Seal(func(seq uint64, previous string) (string, []byte, error) {
		id, err := uuid.NewV7()
		if err != nil {
			return "", nil, err
		}
		sealed, err := bundle.Seal(bundle.Bundle{Run: run, Header: bundle.Header{
			ID: id.String(), Seq: seq, Previous: previous, AgentID: agentID,
			Software: cli.Software(Program), SealedAt: time.Now().UTC(), FINESS: run.Establishment.FINESS,
		}}, key)
		return id.String(), sealed, err
	})
	if err != nil {
		return entry, notKept(err)
	}
	return entry, s.KeepNames(entry.ID, run.Names)
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
