// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"carescan/scanner/fact"
)

// repairName writes as UTF-8 the texts of a name that hold characters their type
// forbids: an @ in a PrintableString, Latin-1 in a UTF8String.
func (p *parts) repairName(name cryptobyte.String) cryptobyte.String {
	if readsName(name) {
		return name
	}
	var sets cryptobyte.String
	whole := name
	if !whole.ReadASN1(&sets, cryptobyte_asn1.SEQUENCE) {
		return name
	}
	var b cryptobyte.Builder
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for !sets.Empty() {
			var set cryptobyte.String
			if !sets.ReadASN1(&set, cryptobyte_asn1.SET) {
				return
			}
			b.AddASN1(cryptobyte_asn1.SET, func(b *cryptobyte.Builder) { repairAttributes(b, set) })
		}
	})
	if mended, err := b.Bytes(); err == nil {
		p.odd(fact.OddText)
		return mended
	}
	return name
}

func repairAttributes(b *cryptobyte.Builder, set cryptobyte.String) {
	for !set.Empty() {
		var attribute, id, value cryptobyte.String
		var tag cryptobyte_asn1.Tag
		if !set.ReadASN1(&attribute, cryptobyte_asn1.SEQUENCE) || !attribute.ReadASN1Element(&id, cryptobyte_asn1.OBJECT_IDENTIFIER) ||
			!attribute.ReadAnyASN1(&value, &tag) {
			return
		}
		b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(id)
			b.AddASN1(cryptobyte_asn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(looseText(value))) })
		})
	}
}

// looseText reads text of eight bits as UTF-8 when it is, as Latin-1 otherwise. A
// text of sixteen bits that the library refuses reads badly, and stays readable.
func looseText(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	var b strings.Builder
	for _, one := range raw {
		b.WriteRune(rune(one))
	}
	return b.String()
}

// looseTime reads a date in the forms that are met besides those of RFC 5280
// section 4.1.2.5: without seconds, with fractions of them, in another zone.
func looseTime(from *cryptobyte.String) (time.Time, bool) {
	var value cryptobyte.String
	var tag cryptobyte_asn1.Tag
	if !from.ReadAnyASN1(&value, &tag) {
		return time.Time{}, false
	}
	layouts := []string{"20060102150405Z0700", "200601021504Z0700", "20060102150405", "20060102150405.999999Z0700"}
	if tag == cryptobyte_asn1.UTCTime {
		layouts = []string{"060102150405Z0700", "0601021504Z0700", "060102150405"}
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, string(value))
		if err != nil {
			continue
		}
		if tag == cryptobyte_asn1.UTCTime && t.Year() >= 2050 {
			t = t.AddDate(-100, 0, 0) // RFC 5280 section 4.1.2.5.1
		}
		return t.UTC(), t.Year() >= 0 && t.Year() <= 9999
	}
	return time.Time{}, false
}

// readsName tells whether the standard library reads a name: it is tried in a
// certificate where nothing else is wrong.
func readsName(name cryptobyte.String) bool {
	algorithm := cryptobyte.String("\x30\x04\x06\x02\x29\x01")
	p := parts{
		version: currentVersion(), serial: one(), inner: algorithm, issuer: name, subject: cryptobyte.String("\x30\x00"), key: hiddenKey(),
		validity: cryptobyte.String("\x30\x1e\x17\x0d260101000000Z\x17\x0d270101000000Z"),
		outer:    algorithm, signature: cryptobyte.String("\x03\x02\x00\x00"),
	}
	_, ok := p.reads()
	return ok
}

// What stands in the place of a part that the library cannot read.
func one() cryptobyte.String { return cryptobyte.String("\x02\x01\x01") }

// currentVersion is 3, the only one that servers use.
func currentVersion() cryptobyte.String { return cryptobyte.String("\xa0\x03\x02\x01\x02") }

// hiddenKey is of the type 1.1.1, which is none.
func hiddenKey() cryptobyte.String {
	return cryptobyte.String("\x30\x0a\x30\x04\x06\x02\x29\x01\x03\x02\x00\x00")
}
