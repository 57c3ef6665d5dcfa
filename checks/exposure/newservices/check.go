// SPDX-License-Identifier: Apache-2.0

// Package newservices checks that what newly answers from the internet was
// meant to.
package newservices

import (
	"time"

	"carescan/checks/internal/exposed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.new-services", Revision: 1, Severity: scanner.Low,
	References: []string{"EXP-SVC-15"},
	Judge:      scanner.Each(Params{BaselineHours: 24, AcknowledgeDays: 7}, judge),
}

// Params are the delays of the comparison.
type Params struct {
	// BaselineHours: what is seen within that time of the first look is part of
	// it. In hours. Source: rule of the project.
	BaselineHours int `json:"baseline_hours"`
	// AcknowledgeDays is how long the establishment has to confirm something new.
	// In days. Source: EXP-SVC-15.
	AcknowledgeDays int `json:"acknowledge_days"`
}

func judge(c scanner.Case[Params], s fact.HostServices) scanner.Verdict {
	if v, settled := exposed.Settled(s); settled {
		return v
	}
	if s.Baseline.IsZero() {
		return scanner.Unknown("no-memory", nil)
	}
	since := s.Baseline.Add(time.Duration(c.Params.BaselineHours) * time.Hour)
	recent := exposed.Where(s.Ports, func(p fact.Port) bool {
		return p.State == fact.PortOpen && !p.Acknowledged && newest(p).After(since)
	})
	limit := c.At.AddDate(0, 0, -c.Params.AcknowledgeDays)
	late := exposed.Where(recent, func(p fact.Port) bool { return oldest(p, since).Before(limit) })
	switch {
	case len(late) > 0:
		return scanner.Failed("unacknowledged", exposed.Values(late))
	case len(exposed.Unknown(s)) > 0:
		return scanner.Unknown("not-asked", exposed.Values(exposed.Unknown(s)))
	case len(recent) > 0:
		return scanner.Passed("recent", exposed.Values(recent))
	}
	return scanner.Passed("none", nil)
}

// newest is when the latest thing seen at a port was first seen: its product, or
// the authority of its certificate.
func newest(p fact.Port) time.Time {
	if p.IssuerSeen.After(p.FirstSeen) {
		return p.IssuerSeen
	}
	return p.FirstSeen
}

// oldest is when the first of the new things at a port was seen.
func oldest(p fact.Port, since time.Time) time.Time {
	first := newest(p)
	for _, seen := range []time.Time{p.FirstSeen, p.IssuerSeen} {
		if seen.After(since) && seen.Before(first) {
			first = seen
		}
	}
	return first
}
