// SPDX-License-Identifier: Apache-2.0

package revocation

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"carescan/scanner"
	"carescan/scanner/probes/internal/certificate"
)

// list is a list of revoked certificates (RFC 5280 section 5.1). Its entries stay
// bytes: some lists hold hundreds of thousands.
type list struct {
	head       *x509.RevocationList // without its entries
	signed     []byte
	identifier []byte // of the algorithm
	entries    cryptobyte.String
}

// The ways a list is of no use.
var (
	errMalformed = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the list is not well formed"))
	errUnsigned  = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the list is not signed by the authority of the certificate"))
	errOther     = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the list is about other certificates"))
)

// parseList reads a list. The standard library reads the head, from a copy without
// the entries.
func parseList(der []byte) (*list, error) {
	input := cryptobyte.String(der)
	var body, whole, inside, algorithm, signature cryptobyte.String
	if !input.ReadASN1(&body, cryptobyte_asn1.SEQUENCE) || !body.ReadASN1Element(&whole, cryptobyte_asn1.SEQUENCE) ||
		!body.ReadASN1Element(&algorithm, cryptobyte_asn1.SEQUENCE) || !body.ReadASN1Element(&signature, cryptobyte_asn1.BIT_STRING) {
		return nil, errMalformed
	}
	l := &list{signed: whole, identifier: algorithm}
	element := whole
	if !element.ReadASN1(&inside, cryptobyte_asn1.SEQUENCE) {
		return nil, errMalformed
	}
	var head []cryptobyte.String
	const entriesRank = 3 // among the sequences: after the algorithm and the issuer
	sequences := 0
	for !inside.Empty() {
		var part cryptobyte.String
		var tag cryptobyte_asn1.Tag
		if !inside.ReadAnyASN1Element(&part, &tag) {
			return nil, errMalformed
		}
		if tag == cryptobyte_asn1.SEQUENCE {
			sequences++
		}
		if tag == cryptobyte_asn1.SEQUENCE && sequences == entriesRank {
			if !part.ReadASN1(&l.entries, cryptobyte_asn1.SEQUENCE) {
				return nil, errMalformed
			}
			continue
		}
		head = append(head, part)
	}
	var b cryptobyte.Builder
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, part := range head {
				b.AddBytes(part)
			}
		})
		b.AddBytes(algorithm)
		b.AddBytes(signature)
	})
	short, err := b.Bytes()
	if err != nil {
		return nil, errMalformed
	}
	if l.head, err = x509.ParseRevocationList(short); err != nil {
		return nil, errMalformed
	}
	return l, nil
}

// The extensions of a list that are understood (RFC 5280 section 5.2).
var (
	oidDelta = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidPoint = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidKnown = []asn1.ObjectIdentifier{{2, 5, 29, 20}, {2, 5, 29, 35}, {2, 5, 29, 18}}
)

// covers tells whether a list is the one of a certificate: signed by its issuer,
// which may sign lists, whole, and about the place it was fetched from (RFC 5280
// section 6.3.3).
func (l *list) covers(cert, issuer *x509.Certificate, address string) error {
	if !bytes.Equal(l.head.RawIssuer, cert.RawIssuer) || issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 ||
		!certificate.Signed(issuer, l.identifier, l.head.SignatureAlgorithm, l.signed, l.head.Signature) {
		return errUnsigned
	}
	for _, e := range l.head.Extensions {
		switch {
		case e.Id.Equal(oidDelta):
			return errOther // only what changed
		case e.Id.Equal(oidPoint):
			if !about(e.Value, cert, address) {
				return errOther
			}
		case e.Critical && !slices.ContainsFunc(oidKnown, e.Id.Equal):
			return errOther // RFC 5280 section 5.2: it is not to be used
		}
	}
	return nil
}

// point is the issuing distribution point of a list (RFC 5280 section 5.2.5).
type point struct {
	Name       pointName      `asn1:"optional,tag:0"`
	Users      bool           `asn1:"optional,tag:1"`
	CAs        bool           `asn1:"optional,tag:2"`
	Reasons    asn1.BitString `asn1:"optional,tag:3"`
	Indirect   bool           `asn1:"optional,tag:4"`
	Attributes bool           `asn1:"optional,tag:5"`
}

type pointName struct {
	Full     []asn1.RawValue  `asn1:"optional,tag:0"`
	Relative pkix.RDNSequence `asn1:"optional,tag:1"`
}

// about tells whether the part of an authority's certificates that a list is about
// has a certificate, fetched at an address, in it. Lists for some reasons only, or
// for other authorities, are left aside.
func about(value []byte, cert *x509.Certificate, address string) bool {
	var p point
	if rest, err := asn1.Unmarshal(value, &p); err != nil || len(rest) > 0 {
		return false
	}
	const uniformResourceIdentifier = 6
	named := len(p.Name.Full) == 0 || slices.ContainsFunc(p.Name.Full, func(n asn1.RawValue) bool {
		return n.Class == asn1.ClassContextSpecific && n.Tag == uniformResourceIdentifier && string(n.Bytes) == address
	})
	authority := cert.BasicConstraintsValid && cert.IsCA
	return named && !p.Indirect && !p.Attributes && p.Reasons.BitLength == 0 && (!p.Users || !authority) && (!p.CAs || authority)
}

// entry is one revoked certificate.
type entry struct {
	at     time.Time
	reason string
}

// reasons are those of RFC 5280 section 5.3.1, by their number.
var reasons = []string{
	"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
	"certificateHold", "", "removeFromCRL", "privilegeWithdrawn", "aACompromise",
}

func reasonName(number int) string {
	if number < 0 || number >= len(reasons) {
		return ""
	}
	return reasons[number]
}

// find looks for a serial number. Entries that cannot be read make the whole list
// one that cannot: what follows them is not known.
func (l *list) find(serial *big.Int) (found entry, listed bool, err error) {
	wanted, errMarshal := asn1.Marshal(serial)
	if errMarshal != nil {
		return entry{}, false, errMalformed
	}
	entries := l.entries
	for !entries.Empty() {
		var one, number cryptobyte.String
		if !entries.ReadASN1(&one, cryptobyte_asn1.SEQUENCE) || !one.ReadASN1Element(&number, cryptobyte_asn1.INTEGER) {
			return entry{}, false, errMalformed
		}
		if !bytes.Equal(number, wanted) {
			continue
		}
		found, ok := readEntry(one)
		if !ok {
			return entry{}, false, errMalformed
		}
		return found, true, nil
	}
	return entry{}, false, nil
}

func readEntry(rest cryptobyte.String) (entry, bool) {
	var e entry
	if rest.PeekASN1Tag(cryptobyte_asn1.UTCTime) {
		if !rest.ReadASN1UTCTime(&e.at) {
			return e, false
		}
	} else if !rest.ReadASN1GeneralizedTime(&e.at) {
		return e, false
	}
	if rest.Empty() {
		return e, true
	}
	var extensions []pkix.Extension
	if _, err := asn1.Unmarshal(rest, &extensions); err != nil {
		return e, false
	}
	for _, extension := range extensions {
		var number asn1.Enumerated
		if _, err := asn1.Unmarshal(extension.Value, &number); err == nil && extension.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 21}) {
			e.reason = reasonName(int(number))
		}
	}
	return e, true
}
