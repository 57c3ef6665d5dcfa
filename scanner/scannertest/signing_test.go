// SPDX-License-Identifier: Apache-2.0

package scannertest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner/scannertest"
)

// TestSignedAnswers counts the signatures and the proofs of absence that come
// when they are asked for.
func TestSignedAnswers(t *testing.T) {
	h := start(t)
	for _, test := range []struct {
		name               string
		kind               uint16
		signatures, proofs int
	}{
		{"chu-exemple.test.", dns.TypeSOA, 1, 0},
		{"chu-exemple.test.", dns.TypeDNSKEY, 1, 0},
		{"chu-exemple.test.", dns.TypeDS, 1, 0},
		{"test.", dns.TypeDNSKEY, 1, 0},
		{"www.chu-exemple.test.", dns.TypeAAAA, 2, 1},
		{"0.chu-exemple.test.", dns.TypeA, 2, 1},       // one link covers the name and the wildcard
		{"absent.chu-exemple.test.", dns.TypeA, 3, 2},  // two links
		{"chu-exemple-sante.test.", dns.TypeDS, 2, 1},  // an unsigned delegation is proven
		{"registre.test.", dns.TypeA, 2, 1},            // an empty non-terminal
		{"chu-exemple-sante.test.", dns.TypeSOA, 0, 0}, // not signed
		{"absent.chu-exemple-sante.test.", dns.TypeA, 0, 0},
	} {
		answer := askWith(t, h, test.name, test.kind, true)
		records := slices.Concat(answer.Answer, answer.Ns)
		if got := count(records, dns.TypeRRSIG); got != test.signatures {
			t.Errorf("%s %s: %d signatures, want %d", test.name, dns.TypeToString[test.kind], got, test.signatures)
		}
		if got := count(records, dns.TypeNSEC); got != test.proofs {
			t.Errorf("%s %s: %d proofs, want %d", test.name, dns.TypeToString[test.kind], got, test.proofs)
		}
	}
}

func count(records []dns.RR, kind uint16) (n int) {
	for _, rr := range records {
		if rr.Header().Rrtype == kind {
			n++
		}
	}
	return n
}

// TestSignaturesHold verifies what the main zone signs with the key it
// publishes, and the key of its parent with the trust anchor of the settings.
func TestSignaturesHold(t *testing.T) {
	h := start(t)
	key := ask(t, h, "chu-exemple.test.", dns.TypeDNSKEY).Answer[0].(*dns.DNSKEY)
	for _, kind := range []uint16{dns.TypeSOA, dns.TypeNS, dns.TypeMX, dns.TypeTXT, dns.TypeCAA, dns.TypeDNSKEY, dns.TypeNSEC} {
		set := askWith(t, h, "chu-exemple.test.", kind, true).Answer
		last := len(set) - 1
		if err := set[last].(*dns.RRSIG).Verify(key, set[:last]); err != nil {
			t.Errorf("%s: %v", dns.TypeToString[kind], err)
		}
	}
	parent := ask(t, h, "test.", dns.TypeDNSKEY).Answer[0].(*dns.DNSKEY)
	if anchor, want := anchorOf(t, h), parent.ToDS(dns.SHA256); !strings.EqualFold(anchor.Digest, want.Digest) || anchor.Hdr.Name != "test." {
		t.Errorf("the trust anchor is %v, want %v", anchor, want)
	}
}

func anchorOf(t *testing.T, h *scannertest.Hospital) *dns.DS {
	t.Helper()
	anchor, err := dns.NewRR(h.Settings().TrustAnchor[0])
	if err != nil {
		t.Fatal(err)
	}
	return anchor.(*dns.DS)
}
