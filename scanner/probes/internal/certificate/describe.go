// SPDX-License-Identifier: Apache-2.0

// Package certificate reads the certificates a server showed, those that strict
// readers refuse too, describes them, and tells whether their chain builds.
package certificate

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"slices"
	"strings"
	"unicode/utf8"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of one certificate.
const (
	maxNames   = 100
	maxNameLen = 253 // of a DNS name in text
	maxText    = 500
)

// MaxChain is the most certificates of a chain that are kept.
const MaxChain = 10

// Chain describes the certificates of a chain shown under a name, and gives them
// as PEM. Beyond MaxChain, those that are not on the path of the leaf are left out.
func Chain(chain []*x509.Certificate, name string) (described []fact.Certificate, text []byte) {
	for _, place := range kept(chain, climb(chain)) {
		described = append(described, Describe(chain[place], name))
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain[place].Raw})...)
	}
	return described, text
}

// kept gives the places, in the order sent, of the certificates that are kept.
func kept(chain []*x509.Certificate, path []int) []int {
	places := slices.Sorted(slices.Values(path[:min(len(path), MaxChain)]))
	for place := range chain {
		if len(places) == MaxChain {
			break
		}
		if !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places
}

// Describe keeps what a check may need of a certificate shown under a name.
func Describe(cert *x509.Certificate, name string) fact.Certificate {
	return fact.Certificate{
		Subject:   excerpt.Of(cert.Subject.String(), maxText),
		Issuer:    excerpt.Of(cert.Issuer.String(), maxText),
		Names:     certificateNames(cert, name),
		NotBefore: cert.NotBefore.UTC(),
		NotAfter:  cert.NotAfter.UTC(),
		Key:       describeKey(cert),
		Signature: describeSignature(cert),
		SPKI:      scanner.Digest(cert.RawSubjectPublicKeyInfo),
		Digest:    scanner.Digest(cert.Raw),

		Exponent:   exponent(cert),
		CommonName: excerpt.Of(cert.Subject.CommonName, maxText),
		OCSP:       addresses(cert.OCSPServer),
		CRL:        addresses(cert.CRLDistributionPoints),
		MustStaple: mustStaple(cert),
		Usages:     usages(cert),
		Oddities:   oddities(cert),
		SCTs:       CountTimestamps(Timestamps(cert.Extensions, asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2})),
	}
}

// certificateNames lists the names and addresses of a certificate. When there
// are too many, those that cover the name asked for are kept first, so that the
// cut never hides a match.
func certificateNames(cert *x509.Certificate, asked string) []string {
	names := slices.Clone(cert.DNSNames)
	for _, address := range cert.IPAddresses {
		names = append(names, address.String())
	}
	names = slices.DeleteFunc(names, func(n string) bool { return len(n) > maxNameLen || !utf8.ValidString(n) })
	if len(names) <= maxNames {
		return names
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a, asked) - rank(b, asked) })
	return names[:maxNames]
}

// rank is 0 for a name that covers the one asked for (RFC 9525 section 6.3).
func rank(name, asked string) int {
	_, parent, _ := strings.Cut(asked, ".")
	if strings.EqualFold(name, asked) || strings.EqualFold(name, "*."+parent) {
		return 0
	}
	return 1
}
