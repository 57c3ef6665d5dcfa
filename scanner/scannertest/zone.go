// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// zoneFiles are the zones of the lab, one file each.
//
//go:embed zones/*.zone
var zoneFiles embed.FS

// parentZone is the zone that holds the DS records of the others.
const parentZone = "test"

// zone is the content of one zone.
type zone struct {
	origin  string // with its final dot
	records []dns.RR
	chain   []string // the names of a signed zone, in order
}

// loadZones reads every zone, the parent last. Some and the parent are signed; the
// others are delegated without a key, which the parent proves. The DS of the parent
// is returned: it is where trust begins.
func loadZones(now time.Time) ([]zone, *dns.DS, error) {
	var zones []zone
	parent, err := loadZone(parentZone)
	if err != nil {
		return nil, nil, err
	}
	signed := []string{domainMain, domainSchool, domainGroup}
	for _, name := range append(signed, domainHealth, domainOperator, domainHost, domainNews) {
		var z zone
		if z, err = loadZone(name); err != nil {
			return nil, nil, err
		}
		if slices.Contains(signed, name) {
			var ds *dns.DS
			if ds, err = z.signAnew(now); err != nil {
				return nil, nil, err
			}
			parent.records = append(parent.records, ds)
		}
		zones = append(zones, z)
	}
	anchor, err := parent.signAnew(now)
	return append(zones, parent), anchor, err
}

// signAnew signs a zone with a key of the moment, and returns its DS.
func (z *zone) signAnew(now time.Time) (*dns.DS, error) {
	key, err := newSigner(z.origin, now)
	if err != nil {
		return nil, err
	}
	return key.public.ToDS(dns.SHA256), z.sign(key)
}

func loadZone(name string) (zone, error) {
	raw, err := zoneFiles.ReadFile("zones/" + name + ".zone")
	if err != nil {
		return zone{}, fmt.Errorf("read zone %s: %w", name, err)
	}
	z := zone{origin: dns.Fqdn(name)}
	parser := dns.NewZoneParser(bytes.NewReader(raw), z.origin, name)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		z.records = append(z.records, rr)
	}
	if err := parser.Err(); err != nil {
		return zone{}, fmt.Errorf("read zone %s: %w", name, err)
	}
	return z, nil
}

// find returns the records of a name and type.
func (z zone) find(name string, kind uint16) []dns.RR {
	var found []dns.RR
	for _, rr := range z.records {
		if rr.Header().Rrtype == kind && strings.EqualFold(rr.Header().Name, name) {
			found = append(found, rr)
		}
	}
	return found
}

// exists tells whether a name is in the zone, or above a name of the zone
// (an empty non-terminal exists: RFC 8020 section 3.1).
func (z zone) exists(name string) bool {
	return slices.ContainsFunc(z.records, func(rr dns.RR) bool { return dns.IsSubDomain(name, rr.Header().Name) })
}

// whole is the zone as a transfer delivers it, between two SOA (RFC 5936
// section 2.2).
func (z zone) whole() []dns.RR {
	return append(slices.Clone(z.records), z.find(z.origin, dns.TypeSOA)...)
}
