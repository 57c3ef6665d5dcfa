// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"carescan/scanner/fact"
)

// repair mends what keeps the standard library from reading the parts, one after
// the other: those around the extensions, then each extension alone.
func (p *parts) repair() (*x509.Certificate, error) {
	p.repairSerial()
	p.repairAlgorithm()
	p.issuer, p.subject = p.repairName(p.issuer), p.repairName(p.subject)
	p.repairKey()
	for _, mend := range []func(){func() {}, p.repairValidity, p.dropIdentifiers, p.repairVersion} {
		mend()
		if _, ok := p.reads(); ok {
			return p.repairExtensions()
		}
	}
	return nil, errMalformed
}

// repairSerial puts a small number in the place of one that is none. It is put
// back afterwards.
func (p *parts) repairSerial() {
	var number cryptobyte.String
	whole := p.serial
	if !whole.ReadASN1(&number, cryptobyte_asn1.INTEGER) || len(number) == 0 || number[0]&0x80 != 0 || len(number) > 1 && number[0] == 0 && number[1]&0x80 == 0 {
		p.odd(fact.OddSerial)
		p.serial = one()
	}
}

// repairAlgorithm believes the algorithm outside: it is the one that was used, if
// the signature holds.
func (p *parts) repairAlgorithm() {
	if !bytes.Equal(p.inner, p.outer) {
		p.odd(fact.OddAlgorithm)
		p.inner = p.outer
	}
}

// repairValidity writes dates as they should be.
func (p *parts) repairValidity() {
	var body cryptobyte.String
	whole := p.validity
	if !whole.ReadASN1(&body, cryptobyte_asn1.SEQUENCE) {
		return
	}
	from, readFrom := looseTime(&body)
	until, readUntil := looseTime(&body)
	if !readFrom || !readUntil {
		return
	}
	var b cryptobyte.Builder
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1GeneralizedTime(from)
		b.AddASN1GeneralizedTime(until)
	})
	if der, err := b.Bytes(); err == nil {
		p.odd(fact.OddDate)
		p.validity = der
	}
}

func (p *parts) dropIdentifiers() {
	if len(p.identifiers) > 0 {
		p.odd(fact.OddIdentifier)
		p.identifiers = nil
	}
}

// repairVersion takes a version that does not exist for 3.
func (p *parts) repairVersion() {
	p.odd(fact.OddVersion)
	p.version = currentVersion()
}

// The types of key that are told apart (RFC 3279 section 2.3, RFC 4055 section
// 1.2).
var (
	oidRSA    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSAPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidECDSA  = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

// publicKeyInfo is a SubjectPublicKeyInfo.
type publicKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Key       asn1.BitString
}

func readKeyInfo(der []byte) (info publicKeyInfo, ok bool) {
	_, err := asn1.Unmarshal(der, &info)
	return info, err == nil
}

// repairKey gives an RSA key the parameters it should have (RFC 3279 section
// 2.3.1), and hides another one from the library when it cannot read it.
func (p *parts) repairKey() {
	if _, err := x509.ParsePKIXPublicKey(p.key); err == nil {
		return
	}
	info, ok := readKeyInfo(p.key)
	if !ok {
		return
	}
	if info.Algorithm.Algorithm.Equal(oidRSA) {
		if _, err := x509.ParsePKCS1PublicKey(info.Key.Bytes); err == nil {
			p.odd(fact.OddKey)
		}
		info.Algorithm.Parameters = asn1.NullRawValue
	}
	if der, err := asn1.Marshal(info); err == nil {
		if _, err := x509.ParsePKIXPublicKey(der); err == nil {
			p.key = der
			return
		}
	}
	p.key = hiddenKey()
}

// repairExtensions keeps the first of each identifier that can be read.
func (p *parts) repairExtensions() (*x509.Certificate, error) {
	var kept []cryptobyte.String
	seen, settled := map[string]bool{}, map[string]bool{}
	for _, element := range p.extensions {
		var extension pkix.Extension
		if _, err := asn1.Unmarshal(element, &extension); err != nil {
			p.odd(fact.OddExtension)
			continue
		}
		id := extension.Id.String()
		if seen[id] {
			p.odd(fact.OddDuplicate + " " + id)
		}
		seen[id] = true
		if settled[id] {
			continue
		}
		if readable, ok := p.repairExtension(element, extension); ok {
			settled[id] = true
			kept = append(kept, readable)
		}
	}
	cert, ok := p.reads(kept...)
	if !ok {
		return nil, errMalformed
	}
	return cert, nil
}

// repairExtension mends the alternative names, and leaves out what nothing can be
// read of. A critical one that cannot be read makes clients refuse the
// certificate (RFC 5280 section 4.2).
func (p *parts) repairExtension(element cryptobyte.String, e pkix.Extension) (cryptobyte.String, bool) {
	if _, ok := p.reads(element); ok {
		return element, true
	}
	if mended, ok := mendNames(e); ok {
		p.odd(fact.OddAltName)
		return mended, true
	}
	p.odd(fact.OddExtension + " " + e.Id.String())
	if !e.Critical {
		return nil, false
	}
	if relaxed, ok := p.relax(e); ok {
		return relaxed, true
	}
	p.unhandled = append(p.unhandled, e.Id)
	return nil, false
}

// relax takes the mark off an extension that must not be critical, as the access
// to the authority's information (RFC 5280 section 4.2.2.1): what it says is read.
func (p *parts) relax(e pkix.Extension) (cryptobyte.String, bool) {
	e.Critical = false
	der, err := asn1.Marshal(e)
	if err != nil {
		return nil, false
	}
	_, ok := p.reads(der)
	return der, ok
}

// mendNames leaves out of the alternative names those that are none: they match
// no host whatever.
func mendNames(e pkix.Extension) (cryptobyte.String, bool) {
	const dnsName = 2
	var names, name cryptobyte.String
	value := cryptobyte.String(e.Value)
	if !e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) || !value.ReadASN1(&names, cryptobyte_asn1.SEQUENCE) {
		return nil, false
	}
	var b cryptobyte.Builder
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		var tag cryptobyte_asn1.Tag
		for names.ReadAnyASN1Element(&name, &tag) {
			var content cryptobyte.String
			whole := name
			isDNS := tag == cryptobyte_asn1.Tag(dnsName).ContextSpecific()
			if isDNS && whole.ReadASN1(&content, tag) && isHostName(content) || isAddressName(name, tag) {
				b.AddBytes(name)
			}
		}
	})
	list, err := b.Bytes()
	if err != nil {
		return nil, false
	}
	e.Value = list
	der, err := asn1.Marshal(e)
	return der, err == nil
}

// isHostName tells text that may be a name of DNS.
func isHostName(name []byte) bool {
	return len(name) > 0 && !slices.ContainsFunc(name, func(b byte) bool { return b <= ' ' || b >= 0x7F })
}

// isAddressName tells a name that is an IP address.
func isAddressName(element cryptobyte.String, tag cryptobyte_asn1.Tag) bool {
	const ipAddress = 7
	var content cryptobyte.String
	return tag == cryptobyte_asn1.Tag(ipAddress).ContextSpecific() && element.ReadASN1(&content, tag) && (len(content) == 4 || len(content) == 16)
}
