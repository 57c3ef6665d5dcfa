// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/proof"
	"carescan/scanner"
)

// Erase takes an establishment out of the region, and leaves a signed record of it, which
// is a leaf of the log. The deed says who does it, and when; what it was done to is the
// digest of the number.
func (l *Log) Erase(ctx context.Context, finess scanner.FINESS, by store.Deed) (store.Erasure, error) {
	record := proof.Erasure{Origin: l.signer.Name(), Subject: proof.SubjectOf(finess), At: by.At, By: by.Actor}
	by.Action, by.Object = "erase-establishment", record.Subject
	return l.store.Erase(ctx, finess, record.Subject, by, func(bundles, deeds int) (string, error) {
		record.Bundles, record.Deeds = bundles, deeds
		signed, err := note.Sign(&note.Note{Text: record.String()}, l.signer)
		if err != nil {
			return "", fmt.Errorf("sign record of erasure: %w", err)
		}
		return string(signed), nil
	})
}

// Key is the public key of the log.
func (l *Log) Key() string { return l.key }
