// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"fmt"
	"slices"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

// The hashes of a signature, as TLS numbers them (RFC 5246 section 7.4.1.4.1);
// the last two stand for schemes that fix their own.
var hashNames = map[uint16]string{
	1: "md5", 2: "sha1", 3: "sha224", 4: "sha256", 5: "sha384", 6: "sha512", 7: "ed25519", 8: "ed448",
}

// weakHashes are offered without any better.
var weakHashes = []uint16{1, 2, 3}

// hashOf reads the hash of a scheme; schemes from 0x0800 on name it otherwise (RFC
// 8446 section 4.2.3).
func hashOf(scheme uint16) uint16 {
	switch scheme {
	case 0x0804, 0x0809:
		return 4
	case 0x0805, 0x080A:
		return 5
	case 0x0806, 0x080B:
		return 6
	case 0x0807:
		return 7
	case 0x0808:
		return 8
	}
	return scheme >> 8
}

// weakSignatures offers MD5, SHA-1 and SHA-224 alone, without the one the server
// takes, until it refuses. A server that signs with something else refuses too.
// TLS 1.3 signs with none of them (RFC 8446 section 4.2.3).
func (l *look) weakSignatures(ctx context.Context) {
	if !l.takes(hello.TLS12) {
		l.signaturesWithout12()
		return
	}
	l.offerHashes(ctx, slices.Clone(weakHashes))
}

func (l *look) offerHashes(ctx context.Context, hashes []uint16) {
	for len(hashes) > 0 {
		r := l.ask(ctx, l.signing(hashes))
		taken := hashOf(r.Signature)
		if r.Signature != 0 && slices.Contains(hashes, taken) {
			hashes = slices.DeleteFunc(hashes, func(h uint16) bool { return h == taken })
			continue
		}
		l.settleHashes(hashes, r)
		return
	}
}

func (l *look) signaturesWithout12() {
	if !l.only13() {
		return
	}
	for _, h := range weakHashes {
		l.signed[h] = fact.Declined
	}
}

// signing is a hello whose suites are signed, with these hashes only.
func (l *look) signing(hashes []uint16) hello.Offer {
	suites := l.having(hello.TLS12, hello.ECDHE|hello.DHE)
	if len(suites) == 0 {
		suites = hello.Suites(hello.TLS12, hello.ECDHE|hello.DHE)
	}
	o := l.offer(hello.TLS12, suites[:min(len(suites), l.most(hello.TLS12))])
	o.Signatures = []uint16{}
	for _, h := range hashes {
		for _, key := range []uint16{3, 1, 2} { // ECDSA, RSA, DSA
			o.Signatures = append(o.Signatures, h<<8|key)
		}
	}
	return o
}

func (l *look) settleHashes(hashes []uint16, r reply) {
	answer := r.offer
	if answer == fact.Accepted { // signed with something else
		answer = fact.Declined
	}
	for _, h := range hashes {
		l.signed[h] = answer
		l.note(hashNames[h], r)
	}
	l.doubt(r, func() {
		for _, h := range hashes {
			l.signed[h] = fact.OfferUnknown
		}
	})
}

func (l *look) signatures() map[string]fact.Offer {
	signatures := map[string]fact.Offer{}
	for h, answer := range l.signed {
		name, known := hashNames[h]
		if !known {
			name = fmt.Sprintf("0x%02X", h)
		}
		signatures[name] = answer
	}
	return signatures
}
