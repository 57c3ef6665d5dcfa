// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	"cmp"

	"carescan/scanner/fact"
	"carescan/scanner/hostname"
)

// fact is the application as declared, its endpoints not resolved yet.
func (a application) fact() fact.Hosting {
	h := fact.Hosting{
		Application: cmp.Or(a.Name.text, a.ID.text),
		Mode:        fact.HostingMode(a.Mode.text),
		HealthData:  *a.HealthData,
		Activities:  append([]int{}, a.Activities...),
		Chain:       []fact.HostLink{},
	}
	for _, l := range a.Chain {
		h.Chain = append(h.Chain, l.fact())
	}
	for _, e := range a.Endpoints {
		h.Endpoints = append(h.Endpoints, fact.Endpoint{Host: hostOf(e.text)})
	}
	return h
}

// hostOf is an endpoint in the form the DNS has of its name.
func hostOf(text string) string {
	if host, err := hostname.ParseHost(text); err == nil {
		return host
	}
	return hostname.Canonical(text)
}

func (l link) fact() fact.HostLink {
	var asns []uint32
	for _, n := range l.ASNs {
		asns = append(asns, uint32(n))
	}
	return fact.HostLink{
		Provider:    l.Provider.text,
		Role:        l.Role.text,
		Activities:  append([]int{}, l.Activities...),
		ASNs:        asns,
		Certificate: l.Certificate.fact(),
	}
}

func (c *certificate) fact() *fact.HDSCertificate {
	if c == nil {
		return nil
	}
	return &fact.HDSCertificate{
		Number:     c.Number.text,
		Body:       c.Body.text,
		Version:    c.Version.text,
		Activities: append([]int{}, c.Activities...),
		Issued:     c.Issued.Day.Date(),
		Expires:    c.Expires.Day.Date(),
	}
}
