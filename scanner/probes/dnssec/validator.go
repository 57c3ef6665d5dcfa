// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
)

// The bounds of what hostile zones can make us compute (CVE-2023-50387): keys
// that share a tag, and signatures of one set, multiply each other.
const (
	maxKeys         = 32  // of a zone
	maxPrints       = 16  // DS of a zone
	maxSignatures   = 8   // of a set
	maxValidations  = 16  // of a set: signatures tried against keys
	lookValidations = 512 // of a whole look
)

// verdict is what can be said of a set, and why.
type verdict struct {
	state  fact.Security
	reason fact.SecurityReason
}

func secure() verdict                            { return verdict{state: fact.Secure} }
func bogus(why fact.SecurityReason) verdict      { return verdict{fact.Bogus, why} }
func insecure(why fact.SecurityReason) verdict   { return verdict{fact.Insecure, why} }
func unprovable(why fact.SecurityReason) verdict { return verdict{fact.Indeterminate, why} }

// authority is a zone whose keys are proven.
type authority struct {
	zone string
	keys []*dns.DNSKEY
}

// validator checks signatures at a moment, within the bounds of a look.
type validator struct {
	at   time.Time
	left int // validations that may still be made
}

// verify tells whether a set is signed by the keys of its zone (RFC 4035
// section 5.3). The signature that proves it is returned: it tells wildcards.
func (v *validator) verify(set signedSet, by authority) (verdict, *dns.RRSIG) {
	if !dns.IsSubDomain(by.zone, set.name) || len(set.records) == 0 {
		return bogus(fact.DenialNotProven), nil
	}
	sigs := eligible(set, by.zone)
	if len(sigs) == 0 {
		return bogus(fact.SignatureMissing), nil
	}
	worst, tries := bogus(fact.NoMatchingKey), maxValidations
	for i, sig := range sigs {
		if i == maxSignatures {
			return unprovable(fact.TooCostly), nil
		}
		got := v.one(set, sig, by.keys, &tries)
		if got.state == fact.Secure {
			return got, sig
		}
		if weight(got.reason) > weight(worst.reason) {
			worst = got
		}
	}
	return worst, nil
}

// eligible are the signatures that the zone itself could have made of the set
// (RFC 4035 section 5.3.1).
func eligible(set signedSet, zone string) []*dns.RRSIG {
	var sigs []*dns.RRSIG
	for _, sig := range set.sigs {
		if dns.CanonicalName(sig.SignerName) == zone && int(sig.Labels) <= labelsOf(set.name) && int(sig.Labels) >= dns.CountLabel(zone) {
			sigs = append(sigs, sig)
		}
	}
	return sigs
}

// weight orders the reasons from the vaguest to the most telling. What could
// not be verified prevails: nothing is then known.
func weight(r fact.SecurityReason) int {
	order := []fact.SecurityReason{
		fact.NoMatchingKey, fact.SignatureEarly, fact.SignatureExpired, fact.SignatureWrong, fact.UnsupportedKey, fact.TooCostly,
	}
	return slices.Index(order, r)
}

// one tries one signature against the keys that may have made it. Dates come
// first: they cost nothing.
func (v *validator) one(set signedSet, sig *dns.RRSIG, keys []*dns.DNSKEY, tries *int) verdict {
	if why := outOfDate(sig, v.at); why != "" {
		return bogus(why)
	}
	result := bogus(fact.NoMatchingKey)
	for _, key := range keys {
		switch {
		case key.Algorithm != sig.Algorithm || key.KeyTag() != sig.KeyTag:
			continue
		case !verifiable(key):
			return unprovable(fact.UnsupportedKey)
		case v.left <= 0 || *tries <= 0:
			return unprovable(fact.TooCostly)
		}
		v.left, *tries = v.left-1, *tries-1
		if sig.Verify(key, set.records) == nil {
			return secure()
		}
		result = bogus(fact.SignatureWrong)
	}
	return result
}

// outOfDate compares in serial arithmetic (RFC 4034 section 3.1.5).
func outOfDate(sig *dns.RRSIG, at time.Time) fact.SecurityReason {
	now := uint32(at.Unix())
	switch {
	case int32(now-sig.Expiration) > 0:
		return fact.SignatureExpired
	case int32(sig.Inception-now) > 0:
		return fact.SignatureEarly
	}
	return ""
}

// supported are the algorithms that are verified here. The others make a zone
// insecure (RFC 4035 section 5.2): MD5, DSA and GOST are forbidden (RFC 8624),
// and Ed448 is in no library of ours.
func supported(algorithm uint8) bool {
	return slices.Contains([]uint8{
		dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512,
		dns.ECDSAP256SHA256, dns.ECDSAP384SHA384, dns.ED25519,
	}, algorithm)
}

// The digests that are verified here.
const (
	digestSHA1   = 1
	digestSHA256 = 2
	digestSHA384 = 4
)

// usable keeps the prints that can be verified; SHA-1 counts only when there is
// nothing better (RFC 4509 section 3).
func usable(prints []*dns.DS) []*dns.DS {
	var strong, weak []*dns.DS
	for _, ds := range prints[:min(len(prints), maxPrints)] {
		switch {
		case !supported(ds.Algorithm):
		case ds.DigestType == digestSHA256 || ds.DigestType == digestSHA384:
			strong = append(strong, ds)
		case ds.DigestType == digestSHA1:
			weak = append(weak, ds)
		}
	}
	if len(strong) > 0 {
		return strong
	}
	return weak
}

// keys proves the keys of a zone from the prints its parent holds (RFC 4035
// section 5.2).
func (v *validator) keys(set signedSet, prints []*dns.DS) (verdict, authority) {
	if len(usable(prints)) == 0 {
		return insecure(fact.UnsupportedAlgorithm), authority{}
	}
	all := keysOf(set)
	switch {
	case len(all) == 0:
		return bogus(fact.DSWithoutKey), authority{}
	case len(all) > maxKeys:
		return unprovable(fact.TooCostly), authority{}
	}
	entries := entryKeys(all, usable(prints))
	if len(entries) == 0 {
		return bogus(fact.DSMismatch), authority{}
	}
	got, _ := v.verify(set, authority{set.name, entries})
	if got.state != fact.Secure {
		return got, authority{}
	}
	return got, authority{set.name, slices.DeleteFunc(all, isRevoked)}
}

// isRevoked tells a key that no longer counts (RFC 5011 section 2.1).
func isRevoked(k *dns.DNSKEY) bool { return k.Flags&dns.REVOKE != 0 }

func keysOf(set signedSet) []*dns.DNSKEY {
	var keys []*dns.DNSKEY
	for _, rr := range set.records {
		if key, ok := rr.(*dns.DNSKEY); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// entryKeys are the zone keys whose print is published.
func entryKeys(keys []*dns.DNSKEY, prints []*dns.DS) []*dns.DNSKEY {
	return slices.DeleteFunc(slices.Clone(keys), func(key *dns.DNSKEY) bool {
		if key.Flags&dns.ZONE == 0 || key.Protocol != 3 || isRevoked(key) {
			return true
		}
		return !slices.ContainsFunc(prints, func(ds *dns.DS) bool { return isPrintOf(ds, key) })
	})
}

func isPrintOf(ds *dns.DS, key *dns.DNSKEY) bool {
	if ds.Algorithm != key.Algorithm || ds.KeyTag != key.KeyTag() {
		return false
	}
	own := key.ToDS(ds.DigestType)
	return own != nil && strings.EqualFold(own.Digest, ds.Digest)
}
