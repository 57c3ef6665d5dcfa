// SPDX-License-Identifier: Apache-2.0

package services

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

func portText(p *fact.Port) string { return strconv.Itoa(p.Number) }

// sightings are what the look brings back, at the moment it ends.
func (s *scan) sightings(at time.Time) []scanner.Sighting {
	controls := s.counted()
	f := fact.HostServices{
		Ports: s.ports, Artefact: s.artefact(), Blocked: s.blocked, Connections: s.connections,
		ControlsAsked: controls.asked, ControlsOpen: controls.open,
	}
	s.remember(&f, at)
	return []scanner.Sighting{
		{Fact: f, Missing: s.missing()},
		{Fact: s.products(), Missing: s.unrecognised()},
	}
}

// unrecognised says what keeps "no product" from being told: what was not let
// speak may be one. A host that was looked at wholly and shows none has none.
func (s *scan) unrecognised() scanner.Causes {
	missing := s.missing()
	answers := func(p fact.Port) bool { return p.State == fact.PortOpen || p.State == fact.PortClosed }
	switch {
	case len(missing) > 0:
		return missing
	case s.artefact():
		return scanner.Causes{{Code: scanner.CauseStandIn, Detail: "something answers for every port"}}
	case !slices.ContainsFunc(s.ports, answers):
		return scanner.Causes{{Code: scanner.CauseTimeout, Detail: "no port answered"}}
	case slices.ContainsFunc(s.ports, func(p fact.Port) bool { return p.Unfinished }):
		return scanner.Causes{{Code: scanner.CauseUnanswered, Detail: "an open port was not asked what speaks there"}}
	}
	return nil
}

// remember dates what is open by previous looks (EXP-SVC-15).
func (s *scan) remember(f *fact.HostServices, at time.Time) {
	o := s.probe.options
	if o.FirstSeen == nil || o.Baseline == nil || f.Artefact {
		return
	}
	f.Baseline = o.Baseline(s.host, at)
	for i := range f.Ports {
		p := &f.Ports[i]
		if p.State != fact.PortOpen || p.Unfinished {
			continue
		}
		key := p.Address + "/" + p.Transport
		p.FirstSeen = o.FirstSeen(key+" "+what(p), at)
		if p.Issuer != "" {
			p.IssuerSeen = o.FirstSeen(key+" ca:"+p.Issuer, at)
		}
		p.Acknowledged = o.Acknowledged != nil && o.Acknowledged(key+" "+what(p))
	}
}

// what names the thing behind a port for the memory: its product, its protocol,
// or that it could not be told.
func what(p *fact.Port) string {
	if p.Protocol == "ssh" && p.Distribution == "windows-server" {
		return p.Protocol // remembered so before its product was recognised
	}
	for _, name := range []string{p.Product, p.Protocol} {
		if name != "" {
			return name
		}
	}
	return "unidentified"
}

// products lists the products recognised, each with what public lists say of it.
func (s *scan) products() fact.Products {
	list := fact.Products{Seen: []fact.Product{}, Lists: s.probe.options.Lists}
	for _, p := range s.ports {
		if p.Product == "" {
			continue
		}
		list.Seen = append(list.Seen, s.probe.options.Describe(fact.Product{
			Name: strings.ToLower(p.Product), Version: p.Version, Where: p.Address, Source: sourceOf(p), Edge: isEdge(p),
			Distribution: p.Distribution, Release: p.Release,
		}))
	}
	return list
}

// sourceOf tells a version announced in a greeting from a page recognised.
func sourceOf(p fact.Port) fact.ProductSource {
	if p.Portal != "" || p.Protocol == "console" {
		return fact.FromPage
	}
	return fact.FromBanner
}

// isEdge marks what stands between the internet and the establishment.
func isEdge(p fact.Port) bool {
	return p.Portal == portalVPN || p.Portal == portalDesktop || p.Protocol == "smtp"
}
