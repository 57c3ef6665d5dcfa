// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"carescan/scanner"
)

// Erasure is the record of an establishment that a region erased. Its signature is that of
// the log (C2SP signed-note); its first line keeps it from being a checkpoint.
type Erasure struct {
	Origin  string // of the log of the region
	Subject string // SubjectOf the number of the establishment
	At      time.Time
	By      string // who erased it
	Bundles int    // that were erased
	Deeds   int    // entries of the journal that were erased
}

// erasureFormat is the first line of a record.
const erasureFormat = "carescan-erasure/1"

// SubjectOf is the digest of the number of an establishment. Numbers are public and few:
// whoever asks about one can make its digest, and compare.
func SubjectOf(finess scanner.FINESS) string {
	sum := sha256.Sum256([]byte(erasureFormat + "\n" + string(finess) + "\n"))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// String is what its signature covers.
func (e Erasure) String() string {
	return strings.Join([]string{
		erasureFormat, e.Origin, e.Subject, e.At.UTC().Format(time.RFC3339), e.By, strconv.Itoa(e.Bundles), strconv.Itoa(e.Deeds), "",
	}, "\n")
}

// IsErasure tells whether a file is the record of an erasure.
func IsErasure(raw []byte) bool { return strings.HasPrefix(string(raw), erasureFormat+"\n") }

// ParseErasure reads a signed record, and verifies that it is of the log of a key.
func ParseErasure(signed, key string) (e Erasure, err error) {
	if len(signed) > maxCheckpoint {
		return e, fmt.Errorf("read record of erasure: more than %d bytes", maxCheckpoint)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return e, fmt.Errorf("read key of the log: %w", err)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return e, fmt.Errorf("verify record of erasure: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	const all = 8 // seven, and what follows the last end of line
	if len(lines) != all {
		return e, errors.New("read record of erasure: it has not seven lines")
	}
	e = Erasure{Origin: lines[1], Subject: lines[2], By: lines[4]}
	var wrong [3]error
	e.At, wrong[0] = time.Parse(time.RFC3339, lines[3])
	e.Bundles, wrong[1] = strconv.Atoi(lines[5])
	e.Deeds, wrong[2] = strconv.Atoi(lines[6])
	if err := errors.Join(wrong[:]...); err != nil {
		return e, fmt.Errorf("read record of erasure: %w", err)
	}
	if e.Origin != verifier.Name() || e.String() != opened.Text {
		return e, errors.New("read record of erasure: it is not of this log, or not written as records are")
	}
	return e, nil
}

// TellErasure verifies a record and says, in a language, what it proves and what it does
// not; and whether it holds. The key of the log comes from elsewhere: the record bears none.
func TellErasure(raw []byte, key string, l scanner.Lang) (told string, holds bool) {
	t := teller{lang: l}
	if key == "" {
		t.say("✗ NON VÉRIFIÉ", "✗ NOT VERIFIED")
		t.say("  donnez avec --log-key la clé du journal de la région, telle qu'un accusé de réception la nomme",
			"  give the key of the log of the region with --log-key, as a receipt names it")
		return t.String(), false
	}
	e, err := ParseErasure(string(raw), key)
	if err != nil {
		t.refuse(err)
		return t.String(), false
	}
	t.say("✓ VÉRIFIÉ. Cet établissement a été effacé de la région :", "✓ VERIFIED. This establishment was erased from the region:")
	t.say("  ✓ le %s à l'heure de la région, par %s", "  ✓ on %s by the clock of the region, by %s", scanner.Moment(l, e.At), e.By)
	t.say("  ✓ empreinte de son numéro FINESS : %s", "  ✓ digest of its FINESS number: %s", e.Subject)
	t.say("  ✓ dossiers effacés : %d ; entrées de l'audit effacées : %d", "  ✓ bundles erased: %d; audit entries erased: %d", e.Bundles, e.Deeds)
	t.say("Ce qui ne l'est pas :", "What is not:")
	t.say("  ? que nul n'en garde de copie : une sauvegarde plus ancienne contient encore l'établissement",
		"  ? that nobody keeps a copy: an older backup still holds the establishment")
	return t.String(), true
}
