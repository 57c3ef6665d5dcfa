// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/x509"
	"testing"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

// FuzzRecords cuts foreign streams.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("\x17\x03\x03\x00\x01x\x17\x03\x03\x00\x02yz"))
	f.Add([]byte("\x16\x03\x03\x00\x05\x04\x00\x00\x01t\x14\x03\x03\x00\x01\x01"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		total := 0
		for _, record := range records(stream) {
			total += len(record)
		}
		for _, body := range hello.InClear(stream) {
			if len(body) > len(stream) {
				t.Error("a message is longer than what came")
			}
		}
		if total > len(stream) {
			t.Errorf("%d bytes of records in %d", total, len(stream))
		}
	})
}

// FuzzReadTickets reads foreign messages of TLS 1.3, tickets and extensions.
func FuzzReadTickets(f *testing.F) {
	ticket := "\x00\x00\x1c\x20\x00\x00\x00\x00\x00\x00\x01t\x00\x08\x00\x2a\x00\x04\x00\x00\x40\x00"
	f.Add([]byte("\x04\x00\x00" + string([]byte{byte(len(ticket))}) + ticket + "\x16\x00\x00"))
	f.Add([]byte("\x00\x0c\x00\x0a\x00\x08\x00\x06\x00\x1d\x00\x17\x00\x18"))
	f.Fuzz(func(t *testing.T, plain []byte) {
		if found := readTickets(unpad(plain)); len(found) > len(plain) {
			t.Errorf("%d tickets in %d bytes", len(found), len(plain))
		}
		if listed := parseGroups(plain); len(listed) > len(plain)/2 {
			t.Errorf("%d groups in %d bytes", len(listed), len(plain))
		}
	})
}

// FuzzStaple reads foreign OCSP answers.
func FuzzStaple(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x0A, 0x01, 0x06})
	chain := newRoot(f, "Racine d'essai").cert
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s := readStaple(raw, []*x509.Certificate{chain}); s != nil && s.Status == "good" && concluded(&fact.TLS{Staple: s}, fact.Certificate{}, time.Now()) != fact.RevocationGood {
			t.Errorf("%+v", s)
		}
		stapledTimestamps(raw, []*x509.Certificate{chain})
	})
}
