// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"crypto"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// rehash gives a signed zone more NSEC3 iterations than dnssec-signzone accepts,
// and signs the new records with the key of the zone.
func rehash(iterations uint16) func(*testing.T, *world, string) string {
	return func(t *testing.T, w *world, signed string) string {
		t.Helper()
		var names []string
		onEach(t, signed, func(rr dns.RR) dns.RR {
			names = append(names, rr.Header().Name)
			return rr
		})
		return rehashed(t, w, signed, iterations, names)
	}
}

func rehashed(t *testing.T, w *world, signed string, iterations uint16, names []string) string {
	t.Helper()
	var zone string
	var chain []*dns.NSEC3
	text := onEach(t, signed, func(rr dns.RR) dns.RR {
		if sig, ok := rr.(*dns.RRSIG); ok && (sig.TypeCovered == dns.TypeNSEC3 || sig.TypeCovered == dns.TypeNSEC3PARAM) {
			return nil
		}
		switch rr := rr.(type) {
		case *dns.NSEC3PARAM:
			rr.Iterations, zone = iterations, rr.Hdr.Name
		case *dns.NSEC3:
			renamed(rr, iterations, names)
			chain = append(chain, rr)
			return nil
		}
		return rr
	})
	slices.SortFunc(chain, func(a, b *dns.NSEC3) int { return strings.Compare(a.Hdr.Name, b.Hdr.Name) })
	for i, n := range chain {
		next, _, _ := strings.Cut(chain[(i+1)%len(chain)].Hdr.Name, ".")
		n.NextDomain = strings.ToUpper(next)
		text += n.String() + "\n" + w.signature(t, zone, n).String() + "\n"
	}
	return text
}

// renamed finds the name behind an old hash and hashes it anew.
func renamed(n *dns.NSEC3, iterations uint16, names []string) {
	_, zone, _ := strings.Cut(n.Hdr.Name, ".")
	for _, name := range names {
		if n.Match(name) {
			n.Iterations = iterations
			n.Hdr.Name = strings.ToLower(dns.HashName(name, n.Hash, iterations, n.Salt)) + "." + zone
			return
		}
	}
}

// signature signs a record with the last key of a zone.
func (w *world) signature(t *testing.T, zone string, rr dns.RR) *dns.RRSIG {
	t.Helper()
	key, private := w.key(t, zone)
	sig := &dns.RRSIG{
		Hdr: dns.RR_Header{Ttl: 300}, Algorithm: key.Algorithm, KeyTag: key.KeyTag(), SignerName: zone,
		Inception: uint32(time.Now().Add(-time.Hour).Unix()), Expiration: uint32(time.Now().AddDate(0, 1, 0).Unix()),
	}
	if err := sig.Sign(private, []dns.RR{rr}); err != nil {
		t.Fatal(err)
	}
	return sig
}

// key reads the last key of a zone.
func (w *world) key(t *testing.T, zone string) (*dns.DNSKEY, crypto.Signer) {
	t.Helper()
	file := w.keys[zone]
	public, err := os.ReadFile(file + ".key")
	if err != nil {
		t.Fatal(err)
	}
	rr, err := dns.ReadRR(strings.NewReader(string(public)), file)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := os.Open(file + ".private")
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	private, err := rr.(*dns.DNSKEY).ReadPrivateKey(secret, file)
	if err != nil {
		t.Fatal(err)
	}
	return rr.(*dns.DNSKEY), private.(crypto.Signer)
}
