// SPDX-License-Identifier: Apache-2.0

// Package offered reads what a TLS service answered to what it was offered.
package offered

import (
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Answers sorts some offers by how they were answered.
type Answers struct {
	Accepted []string
	Unknown  []string
	// Object tells that at least one of them had an object: a service that only
	// speaks TLS 1.3 has nothing to answer about older suites.
	Object bool
}

// To reads the answers to some of the keys of fact.TLS.Offers. An offer that the
// look did not reach is unknown; one without object is neither.
func To(t fact.TLS, keys ...string) Answers {
	var a Answers
	stopped := len(t.Offers) == 0 || t.Why["look"] != ""
	for _, key := range keys {
		answer, asked := t.Offers[key]
		a.Object = a.Object || asked || stopped
		switch {
		case answer == fact.Accepted:
			a.Accepted = append(a.Accepted, word(key))
		case asked && answer != fact.Declined, !asked && stopped:
			a.Unknown = append(a.Unknown, word(key))
		}
	}
	return a
}

// Values are the answers as messages quote them.
func (a Answers) Values() scanner.Values {
	return scanner.Values{"accepted": strings.Join(a.Accepted, ", "), "unknown": strings.Join(a.Unknown, ", ")}
}

// Has tells whether an offer was accepted.
func (a Answers) Has(key string) bool { return slices.Contains(a.Accepted, word(key)) }

// word is how engineers of any language call an offer, with the attacks it is known
// by.
func word(key string) string {
	switch key {
	case fact.OfferExport:
		return "EXPORT (FREAK, Logjam)"
	case fact.OfferNull:
		return "NULL"
	case fact.OfferAnonymous:
		return "DH_anon"
	case fact.Offer3DES:
		return "3DES (SWEET32)"
	case fact.OfferStaticKey:
		return "RSA / DH"
	case fact.OfferAEAD, fact.OfferCBC, fact.OfferRC4, fact.OfferDES, fact.OfferDHE:
		return strings.ToUpper(strings.TrimSuffix(key, "-suites"))
	case fact.OfferCCM8:
		return "CCM-8"
	}
	return key
}
