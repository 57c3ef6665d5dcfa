// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"crypto"
	"fmt"
	"path/filepath"
	"time"

	"carescan/reports"
	"carescan/reports/pack"
	"carescan/reports/render"
	"carescan/scanner"
)

// writePack files a document, in every language, with the sealed bundle it is
// drawn from. It names nobody: a pack is made to be handed over.
func (a *app) writePack(key crypto.Signer, format render.Format, doc reports.Document, sealed []byte, folder string) error {
	doc.Names = nil
	p := pack.Pack{Dossiers: map[scanner.Lang][]byte{}, Bundles: [][]byte{sealed}, SealedAt: time.Now().UTC()}
	for _, l := range scanner.Langs() {
		var page bytes.Buffer
		if err := format.Write(&page, doc, l); err != nil {
			return err
		}
		p.Dossiers[l] = page.Bytes()
	}
	var archive bytes.Buffer
	if err := pack.Write(&archive, p, key); err != nil {
		return err
	}
	return a.keep(filepath.Join(folder, format.Pack), archive.Bytes())
}

// verifyPack says what an evidence pack proves, and what it does not.
func (a *app) verifyPack(raw []byte, key crypto.PublicKey) error {
	result, err := pack.Verify(bytes.NewReader(raw), int64(len(raw)), pack.Options{Key: key})
	if err != nil {
		return a.notVerified(err)
	}
	fmt.Fprintln(a.out, a.say("✓ VÉRIFIÉ. Ce qui est prouvé :", "✓ VERIFIED. What is proven:"))
	for _, sentence := range result.Proven {
		fmt.Fprintf(a.out, "  ✓ %s\n", sentence.Typeset().In(a.lang.Lang))
	}
	fmt.Fprintln(a.out, a.say("Ce qui ne l'est pas :", "What is not:"))
	for _, sentence := range result.NotProven {
		fmt.Fprintf(a.out, "  ? %s\n", sentence.Typeset().In(a.lang.Lang))
	}
	return nil
}
