// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"carescan/scanner/fact"
)

// parts are the pieces of a certificate (RFC 5280 section 4.1), each an element
// with its tag and length.
type parts struct {
	raw, tbs                       cryptobyte.String
	version, serial, inner         cryptobyte.String
	issuer, validity, subject, key cryptobyte.String
	identifiers, extensions        []cryptobyte.String
	outer, signature               cryptobyte.String

	own       struct{ serial, issuer, subject, key cryptobyte.String } // before they are mended
	oddities  []string
	unhandled []asn1.ObjectIdentifier // critical extensions that nothing could be read of
}

var (
	tagVersion    = cryptobyte_asn1.Tag(0).ContextSpecific().Constructed()
	tagExtensions = cryptobyte_asn1.Tag(3).ContextSpecific().Constructed()
	tagsUnique    = []cryptobyte_asn1.Tag{cryptobyte_asn1.Tag(1).ContextSpecific(), cryptobyte_asn1.Tag(2).ContextSpecific()}
)

func (p *parts) odd(what string) {
	if !slices.Contains(p.oddities, what) {
		p.oddities = append(p.oddities, what)
	}
}

// split cuts a certificate into its parts, whatever they hold.
func split(der []byte) (*parts, bool) {
	p := &parts{}
	input := cryptobyte.String(der)
	var body, tbs, list cryptobyte.String
	if !input.ReadASN1Element(&p.raw, cryptobyte_asn1.SEQUENCE) {
		return nil, false
	}
	if !input.Empty() {
		p.odd(fact.OddTrailing)
	}
	whole := p.raw
	if !whole.ReadASN1(&body, cryptobyte_asn1.SEQUENCE) || !body.ReadASN1Element(&p.tbs, cryptobyte_asn1.SEQUENCE) ||
		!body.ReadASN1Element(&p.outer, cryptobyte_asn1.SEQUENCE) || !body.ReadASN1Element(&p.signature, cryptobyte_asn1.BIT_STRING) {
		return nil, false
	}
	inside := p.tbs
	if !inside.ReadASN1(&tbs, cryptobyte_asn1.SEQUENCE) {
		return nil, false
	}
	if tbs.PeekASN1Tag(tagVersion) && !tbs.ReadASN1Element(&p.version, tagVersion) {
		return nil, false
	}
	for _, part := range []struct {
		into *cryptobyte.String
		tag  cryptobyte_asn1.Tag
	}{
		{&p.serial, cryptobyte_asn1.INTEGER},
		{&p.inner, cryptobyte_asn1.SEQUENCE},
		{&p.issuer, cryptobyte_asn1.SEQUENCE},
		{&p.validity, cryptobyte_asn1.SEQUENCE},
		{&p.subject, cryptobyte_asn1.SEQUENCE},
		{&p.key, cryptobyte_asn1.SEQUENCE},
	} {
		if !tbs.ReadASN1Element(part.into, part.tag) {
			return nil, false
		}
	}
	p.own.serial, p.own.issuer, p.own.subject, p.own.key = p.serial, p.issuer, p.subject, p.key
	for _, tag := range tagsUnique {
		var id cryptobyte.String
		if tbs.PeekASN1Tag(tag) && tbs.ReadASN1Element(&id, tag) {
			p.identifiers = append(p.identifiers, id)
		}
	}
	if tbs.Empty() {
		return p, true
	}
	var wrapped cryptobyte.String
	if !tbs.ReadASN1(&wrapped, tagExtensions) || !wrapped.ReadASN1(&list, cryptobyte_asn1.SEQUENCE) {
		p.odd(fact.OddExtension)
		return p, true
	}
	for !list.Empty() && len(p.extensions) < maxExtensions {
		var element cryptobyte.String
		if !list.ReadASN1Element(&element, cryptobyte_asn1.SEQUENCE) {
			p.odd(fact.OddExtension)
			break
		}
		p.extensions = append(p.extensions, element)
	}
	return p, true
}

// join writes a certificate from the parts, with these extensions.
func (p *parts) join(extensions []cryptobyte.String) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, part := range []cryptobyte.String{p.version, p.serial, p.inner, p.issuer, p.validity, p.subject, p.key} {
				b.AddBytes(part)
			}
			for _, id := range p.identifiers {
				b.AddBytes(id)
			}
			if len(extensions) == 0 {
				return
			}
			b.AddASN1(tagExtensions, func(b *cryptobyte.Builder) {
				b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, element := range extensions {
						b.AddBytes(element)
					}
				})
			})
		})
		b.AddBytes(p.outer)
		b.AddBytes(p.signature)
	})
	return b.Bytes() //nolint:wrapcheck // the error names the builder
}

// reads tells whether the standard library reads the parts with these extensions.
func (p *parts) reads(extensions ...cryptobyte.String) (*x509.Certificate, bool) {
	der, err := p.join(extensions)
	if err != nil {
		return nil, false
	}
	cert, err := x509.ParseCertificate(der)
	return cert, err == nil
}
