// SPDX-License-Identifier: Apache-2.0

package caarecord

import (
	"slices"
	"strings"
)

// authority is an organisation that issues certificates, and the names by which
// it knows itself in a CAA record.
type authority struct {
	organisation string // begins the organisation of the issuer
	names        []string
}

// authorities are those met most in France, with the names their certification
// practice statements give (section 4.2.1), as known on 22 November 2026.
// Resellers stand under the authority that issues for them. An authority that is
// missing here is never judged.
var authorities = []authority{
	{"let's encrypt", []string{"letsencrypt.org"}},
	{"sectigo", sectigo},
	{"comodo", sectigo},
	{"gandi", sectigo},
	{"zerossl", sectigo},
	{"tbs", sectigo},
	{"geant", append([]string{"harica.gr"}, sectigo...)},
	{"hellenic academic", []string{"harica.gr"}},
	{"digicert", digicert},
	{"geotrust", digicert},
	{"thawte", digicert},
	{"quovadis", append([]string{"quovadisglobal.com"}, digicert...)},
	{"globalsign", []string{"globalsign.com"}},
	{"dhimyotis", []string{"certigna.fr"}},
	{"certigna", []string{"certigna.fr"}},
	{"entrust", append([]string{"entrust.net", "affirmtrust.com"}, sectigo...)},
	{"google trust services", []string{"pki.goog", "google.com"}},
	{"amazon", []string{"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"}},
	{"godaddy", []string{"godaddy.com", "starfieldtech.com"}},
	{"starfield", []string{"godaddy.com", "starfieldtech.com"}},
	{"actalis", []string{"actalis.it"}},
	{"buypass", []string{"buypass.com", "buypass.no"}},
	{"ssl corp", []string{"ssl.com"}},
	{"swisssign", []string{"swisssign.com", "swisssign.net"}},
	{"asseco", certum},
	{"unizeto", certum},
}

var (
	sectigo = []string{
		"sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com", "entrust.net", "affirmtrust.com",
	}
	digicert = []string{
		"digicert.com", "symantec.com", "thawte.com", "geotrust.com", "rapidssl.com", "digitalcertvalidation.com",
	}
	certum = []string{"certum.pl", "certum.eu"}
)

// namesOf are the names by which the issuer of a certificate may stand in a CAA
// record; none when it is not known.
func namesOf(issuer string) []string {
	for _, a := range authorities {
		if strings.HasPrefix(strings.ToLower(issuer), a.organisation) {
			return a.names
		}
	}
	return nil
}

// allowed tells whether one of the names of an authority, or one below it, is
// listed: providers use names below their own.
func allowed(names, listed []string) bool {
	return slices.ContainsFunc(listed, func(issuer string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return issuer == name || strings.HasSuffix(issuer, "."+name) })
	})
}
