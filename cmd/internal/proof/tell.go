// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"carescan/scanner"
)

// ParseRoots reads the root certificates of time-stamping authorities, PEM.
func ParseRoots(raw []byte) (*x509.CertPool, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(raw) {
		return nil, errors.New("no certificate in PEM form in it")
	}
	return roots, nil
}

// steps says of each step what it means when it does not hold.
var steps = map[Step]scanner.Text{
	StepReceipt:    {FR: "l'accusé de réception n'est pas signé par la région", EN: "the region did not sign the receipt"},
	StepPromise:    {FR: "la clé du journal n'est pas celle qui était attendue", EN: "the key of the log is not the one that was expected"},
	StepCheckpoint: {FR: "le point de contrôle n'est pas signé par le journal", EN: "the log did not sign the checkpoint"},
	StepInclusion:  {FR: "le point de contrôle ne couvre pas ce dossier", EN: "the checkpoint does not cover this bundle"},
	StepContinuity: {FR: "le point de contrôle ne continue pas celui d'avant : l'histoire a été récrite", EN: "the checkpoint does not continue the one before: history was rewritten"},
	StepStamp:      {FR: "l'horodatage ne se vérifie pas", EN: "the time-stamp does not verify"},
}

// Tell verifies a proof and says, in a language, what it proves and what it does not; and
// whether it holds.
func Tell(raw []byte, trust Trust, l scanner.Lang) (told string, holds bool) {
	p, err := Parse(raw)
	var v Verified
	if err == nil {
		v, err = p.Verify(trust)
	}
	t := teller{lang: l}
	if err != nil {
		t.refuse(err)
		return t.String(), false
	}
	t.say("✓ VÉRIFIÉ. Ce qui est prouvé :", "✓ VERIFIED. What is proven:")
	t.say("  ✓ la région a accusé réception du dossier %s, d'empreinte %s, pour l'établissement %s, le %s à son heure",
		"  ✓ the region acknowledged bundle %s, of digest %s, for establishment %s, on %s by its clock",
		v.Receipt.BundleID, v.Receipt.Digest, v.Receipt.FINESS, scanner.Moment(l, v.Receipt.ReceivedAt))
	t.say("  ✓ le point de contrôle signé du journal « %s », de %d feuilles, couvre ce dossier (feuille %d)",
		"  ✓ the signed checkpoint of log %s, of %d leaves, covers this bundle (leaf %d)", v.Checkpoint.Origin, v.Checkpoint.Tree.N, p.Index)
	if v.Earlier != nil {
		t.say("  ✓ il continue le point de contrôle de %d feuilles qui avait été vu avant : rien n'y a été récrit",
			"  ✓ it continues the checkpoint of %d leaves that had been seen before: nothing of it was rewritten", v.Earlier.Tree.N)
	}
	for _, s := range v.Stamps {
		t.say("  ✓ « %s » l'a horodaté le %s", "  ✓ “%s” time-stamped it on %s", s.Signer, scanner.Moment(l, s.At))
	}
	t.doubts(trust, v)
	return t.String(), true
}

// teller writes lines in one language.
type teller struct {
	strings.Builder
	lang scanner.Lang
}

func (t *teller) say(fr, en string, args ...any) {
	fmt.Fprintf(t, scanner.Text{FR: fr, EN: en}.Typeset().In(t.lang)+"\n", args...)
}

func (t *teller) refuse(err error) {
	t.say("✗ NON VÉRIFIÉ", "✗ NOT VERIFIED")
	if step, ok := errors.AsType[*StepError](err); ok {
		t.say("  %s", "  %s", steps[step.Step].Typeset().In(t.lang))
	}
	t.say("  détail : %v", "  detail: %v", err)
}

// doubts says what a proof does not prove, to this reader.
func (t *teller) doubts(trust Trust, v Verified) {
	t.say("Ce qui ne l'est pas :", "What is not:")
	if trust.SealKey == "" {
		t.say("  ? à qui est la clé de sceau : c'est celle du fichier ; donnez celle de la région avec --key",
			"  ? whose the seal key is: it is the one in the file; give that of the region with --key")
	}
	if !v.Promised && trust.LogKey == "" {
		t.say("  ? à qui est la clé du journal : cet accusé, plus ancien que le journal, ne la nomme pas ; donnez-la avec --log-key",
			"  ? whose the key of the log is: this receipt, older than the log, does not name it; give it with --log-key")
	}
	switch {
	case len(v.Stamps) == 0:
		t.say("  ? la date : aucun horodatage n'accompagne cette preuve", "  ? the date: no time-stamp comes with this proof")
	case trust.Roots == nil:
		t.say("  ? qui a horodaté : donnez les certificats racines des autorités avec --tsa",
			"  ? who time-stamped it: give the root certificates of the authorities with --tsa")
	}
	t.say("  ? ce que contient le dossier : vérifiez-le lui-même, et comparez son empreinte", "  ? what the bundle holds: verify it too, and compare its digest")
}
