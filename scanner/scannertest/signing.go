// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// How long before and after the start of the hospital its signatures hold.
const (
	signedBefore = time.Hour
	signedFor    = 30 * 24 * time.Hour
)

// signer is the one key of a zone.
type signer struct {
	public  *dns.DNSKEY
	private crypto.Signer
	from    time.Time
	until   time.Time
}

var errNotSigner = errors.New("the key cannot sign")

func newSigner(origin string, now time.Time) (signer, error) {
	key := &dns.DNSKEY{
		Hdr:      dns.RR_Header{Name: origin, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags:    dns.ZONE | dns.SEP,
		Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	secret, err := key.Generate(256)
	if err != nil {
		return signer{}, fmt.Errorf("make the key of zone %s: %w", origin, err)
	}
	private, ok := secret.(crypto.Signer)
	if !ok {
		return signer{}, fmt.Errorf("make the key of zone %s: %w", origin, errNotSigner)
	}
	return signer{key, private, now.Add(-signedBefore), now.Add(signedFor)}, nil
}

// sign adds the key of a zone, its NSEC chain, and a signature for each set that
// the zone speaks for (RFC 4035 section 2).
func (z *zone) sign(s signer) error {
	z.records = append(z.records, s.public)
	z.chain = z.signedNames()
	for i, name := range z.chain {
		z.records = append(z.records, z.link(name, z.chain[(i+1)%len(z.chain)]))
	}
	for _, name := range z.chain {
		for _, kind := range z.typesOf(name) {
			if kind == dns.TypeNS && name != z.origin {
				continue // a delegation belongs to the child (RFC 4035 section 2.2)
			}
			sig, err := s.over(z.find(name, kind))
			if err != nil {
				return fmt.Errorf("sign %s %s: %w", name, dns.TypeToString[kind], err)
			}
			z.records = append(z.records, sig)
		}
	}
	return nil
}

// signedNames lists the names of the zone in canonical order (RFC 4034 section
// 6.1). What lies below a delegation is not the zone's.
func (z *zone) signedNames() []string {
	var names []string
	for _, rr := range z.records {
		if name := dns.CanonicalName(rr.Header().Name); !slices.Contains(names, name) && !z.handedOver(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, inZoneOrder)
	return names
}

func (z *zone) handedOver(name string) bool {
	return slices.ContainsFunc(z.records, func(rr dns.RR) bool {
		cut := dns.CanonicalName(rr.Header().Name)
		return rr.Header().Rrtype == dns.TypeNS && cut != z.origin && cut != name && dns.IsSubDomain(cut, name)
	})
}

func inZoneOrder(a, b string) int { return slices.Compare(fromTop(a), fromTop(b)) }

func fromTop(name string) []string {
	labels := dns.SplitDomainName(dns.CanonicalName(name))
	slices.Reverse(labels)
	return labels
}

// typesOf lists the types of a name, signatures apart.
func (z *zone) typesOf(name string) []uint16 {
	var types []uint16
	for _, rr := range z.records {
		kind := rr.Header().Rrtype
		if strings.EqualFold(rr.Header().Name, name) && kind != dns.TypeRRSIG && !slices.Contains(types, kind) {
			types = append(types, kind)
		}
	}
	slices.Sort(types)
	return types
}

func (z *zone) link(name, next string) *dns.NSEC {
	types := append(z.typesOf(name), dns.TypeNSEC, dns.TypeRRSIG)
	slices.Sort(types)
	return &dns.NSEC{
		Hdr:        dns.RR_Header{Name: name, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 3600},
		NextDomain: next, TypeBitMap: types,
	}
}

// over signs a set.
func (s signer) over(set []dns.RR) (*dns.RRSIG, error) {
	sig := &dns.RRSIG{
		Hdr:       dns.RR_Header{Ttl: set[0].Header().Ttl},
		Algorithm: s.public.Algorithm, KeyTag: s.public.KeyTag(), SignerName: s.public.Hdr.Name,
		Inception: uint32(s.from.Unix()), Expiration: uint32(s.until.Unix()),
	}
	return sig, sig.Sign(s.private, set)
}

// signatures returns those of a set.
func (z zone) signatures(name string, kind uint16) []dns.RR {
	return slices.DeleteFunc(z.find(name, dns.TypeRRSIG), func(rr dns.RR) bool {
		sig, ok := rr.(*dns.RRSIG)
		return !ok || sig.TypeCovered != kind
	})
}

// withSignatures is a set as it is given to those who ask for signatures.
func (z zone) withSignatures(name string, kind uint16) []dns.RR {
	return append(z.find(name, kind), z.signatures(name, kind)...)
}

// denial proves that a name has not the type asked, or does not exist: the link
// of the chain at or before it, and the one before the wildcard that could have
// answered (RFC 4035 section 3.1.3).
func (z zone) denial(name string) []dns.RR {
	if len(z.chain) == 0 {
		return nil
	}
	owner := z.before(name)
	proof := z.withSignatures(owner, dns.TypeNSEC)
	if z.exists(name) {
		return proof
	}
	if other := z.before("*." + z.encloser(name)); other != owner {
		proof = append(proof, z.withSignatures(other, dns.TypeNSEC)...)
	}
	return proof
}

// before is the last name of the chain that does not come after a name.
func (z zone) before(name string) string {
	at, found := slices.BinarySearchFunc(z.chain, name, inZoneOrder)
	if found {
		return z.chain[at]
	}
	return z.chain[max(at-1, 0)]
}

// encloser is the closest ancestor that exists.
func (z zone) encloser(name string) string {
	for !z.exists(name) {
		_, name, _ = strings.Cut(name, ".")
	}
	return name
}
