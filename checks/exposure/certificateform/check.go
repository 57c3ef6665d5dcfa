// SPDX-License-Identifier: Apache-2.0

// Package certificateform checks that certificates are written as the standard
// asks, so that every client reads them.
package certificateform

import (
	"slices"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.certificate-form", Revision: 2, Severity: scanner.Low,
	References: []string{"PR"},
	Reads:      []string{fact.TLSCertificate},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Certificate(t); settled {
		return v
	}
	var faults []scanner.Verdict
	for _, cert := range slices.Concat(t.Chain[:1], t.Alternates, t.Chain[1:]) {
		if len(cert.Oddities) > 0 {
			faults = append(faults, scanner.Failed("malformed", describe(cert)))
		}
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	return scanner.Passed("well-formed", nil)
}

// words say what is odd; an extension is named by its identifier.
var words = map[string]scanner.Text{
	fact.OddSerial:     {FR: "numéro de série négatif ou illisible", EN: "negative or unreadable serial number"},
	fact.OddText:       {FR: "nom écrit avec des caractères interdits", EN: "name written with forbidden characters"},
	fact.OddDate:       {FR: "date mal écrite", EN: "date written badly"},
	fact.OddKey:        {FR: "paramètres de la clé RSA mal écrits", EN: "parameters of the RSA key written badly"},
	fact.OddAlgorithm:  {FR: "deux procédés de signature annoncés", EN: "two ways of signing announced"},
	fact.OddDuplicate:  {FR: "extension en double", EN: "duplicate extension"},
	fact.OddExtension:  {FR: "extension illisible", EN: "unreadable extension"},
	fact.OddAltName:    {FR: "nom de service impossible", EN: "impossible name of a service"},
	fact.OddTrailing:   {FR: "données en trop", EN: "data in excess"},
	fact.OddVersion:    {FR: "version inconnue", EN: "unknown version"},
	fact.OddIdentifier: {FR: "identifiant illisible", EN: "unreadable identifier"},
}

func describe(cert fact.Certificate) scanner.Values {
	var french, english []string
	for _, oddity := range cert.Oddities {
		code, extension, _ := strings.Cut(oddity, " ")
		said, known := words[code]
		if !known { // of a later version
			said = scanner.Text{FR: code, EN: code}
		}
		if extension != "" {
			extension = " " + extension
		}
		french, english = append(french, said.FR+extension), append(english, said.EN+extension)
	}
	return scanner.Values{"subject": cert.Subject, "faults_fr": strings.Join(french, ", "), "faults_en": strings.Join(english, ", ")}
}
