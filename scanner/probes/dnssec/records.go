// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"strings"

	"github.com/miekg/dns"
)

// maxRecords is how many records of one answer are looked at.
const maxRecords = 512

// signedSet is the records of one name and type, with their signatures.
type signedSet struct {
	name    string // canonical
	kind    uint16
	records []dns.RR
	sigs    []*dns.RRSIG
}

// pick takes a set out of a section. What is said in another class is ignored.
// Names are lowered in place: the library only compares names of one set that
// are written alike, and the case means nothing (RFC 4034 section 6.2).
func pick(section []dns.RR, name string, kind uint16) signedSet {
	set := signedSet{name: dns.CanonicalName(name), kind: kind}
	for _, rr := range section[:min(len(section), maxRecords)] {
		head := rr.Header()
		if head.Class != dns.ClassINET || dns.CanonicalName(head.Name) != set.name {
			continue
		}
		head.Name = set.name
		sig, isSig := rr.(*dns.RRSIG)
		switch {
		case isSig && sig.TypeCovered == kind:
			set.sigs = append(set.sigs, sig)
		case !isSig && head.Rrtype == kind:
			set.records = append(set.records, rr)
		}
	}
	return set
}

// pickAll takes every set of a type out of a section.
func pickAll(section []dns.RR, kind uint16) []signedSet {
	var sets []signedSet
	seen := map[string]bool{}
	for _, rr := range section[:min(len(section), maxRecords)] {
		name := dns.CanonicalName(rr.Header().Name)
		if rr.Header().Rrtype == kind && !seen[name] {
			seen[name] = true
			sets = append(sets, pick(section, name, kind))
		}
	}
	return sets
}

// labelsOf counts the labels of a name as a signature does: neither the root
// nor a wildcard counts (RFC 4034 section 3.1.3).
func labelsOf(name string) int {
	return dns.CountLabel(strings.TrimPrefix(name, "*."))
}
