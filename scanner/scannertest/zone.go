// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"embed"
	"fmt"
	"slices"
	"strings"

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
}

// loadZones reads every zone, the parent last, and signs the main one.
func loadZones(address string) ([]zone, error) {
	var zones []zone
	for _, name := range []string{domainMain, domainHealth, domainHost, parentZone} {
		z, err := loadZone(name, address)
		if err != nil {
			return nil, err
		}
		zones = append(zones, z)
	}
	key, err := newZoneKey(zones[0].origin)
	if err != nil {
		return nil, err
	}
	zones[0].records = append(zones[0].records, key)
	parent := &zones[len(zones)-1]
	parent.records = append(parent.records, key.ToDS(dns.SHA256))
	return zones, nil
}

func loadZone(name, address string) (zone, error) {
	raw, err := zoneFiles.ReadFile("zones/" + name + ".zone")
	if err != nil {
		return zone{}, fmt.Errorf("read zone %s: %w", name, err)
	}
	z := zone{origin: dns.Fqdn(name)}
	text := strings.ReplaceAll(string(raw), "127.0.0.1", address)
	parser := dns.NewZoneParser(strings.NewReader(text), z.origin, name)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		z.records = append(z.records, rr)
	}
	if err := parser.Err(); err != nil {
		return zone{}, fmt.Errorf("read zone %s: %w", name, err)
	}
	return z, nil
}

// newZoneKey makes the key that a zone publishes. Answers carry no signature:
// the lab shows whether a zone is signed, not whether a chain validates.
func newZoneKey(origin string) (*dns.DNSKEY, error) {
	key := &dns.DNSKEY{
		Hdr:      dns.RR_Header{Name: origin, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags:    dns.ZONE | dns.SEP,
		Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	if _, err := key.Generate(256); err != nil {
		return nil, fmt.Errorf("make the key of zone %s: %w", origin, err)
	}
	return key, nil
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
