// SPDX-License-Identifier: Apache-2.0

// Package exposed judges the services of one group that a host shows to the
// internet.
package exposed

import (
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on a host whose ports leave nothing to judge, and
// whether there is one (exposure-checks.md sections 1.1 and 1.4).
func Settled(s fact.HostServices) (scanner.Verdict, bool) {
	switch {
	case s.Shared != "":
		return scanner.Exempt("shared", scanner.Values{"provider": s.Shared}), true
	case s.NoAddress:
		return contact.Unaddressed(), true
	case s.Artefact:
		return artefact(s), true
	case !slices.ContainsFunc(s.Ports, answers):
		// A silent port is what a filter leaves, but a host that is wholly silent may
		// be down, or may have cut us off.
		return scanner.Unknown("no-sign-of-life", nil), true
	}
	return scanner.Verdict{}, false
}

// artefact says by what it is known that something answers in place of the host.
func artefact(s fact.HostServices) scanner.Verdict {
	open, asked := 0, 0
	for _, p := range s.Ports {
		switch {
		case p.Transport != "tcp" || p.State == fact.PortNotAsked:
			continue
		case p.State == fact.PortOpen:
			open++
		}
		asked++
	}
	values := scanner.Values{
		"open": strconv.Itoa(open), "asked": strconv.Itoa(asked),
		"controls": strconv.Itoa(s.ControlsOpen), "controls_asked": strconv.Itoa(s.ControlsAsked),
	}
	if s.ControlsOpen > 0 {
		return scanner.Unknown("artefact-controls", values)
	}
	return scanner.Unknown("artefact", values)
}

// answers tells whether a port showed that the host is there.
func answers(p fact.Port) bool { return p.State == fact.PortOpen || p.State == fact.PortClosed }

// Look is what a host shows of one group.
type Look struct {
	Identified []fact.Port // open, and known by their handshake
	Unnamed    []fact.Port // open, and nothing known of them
	Unasked    []fact.Port // not asked, or without a usable answer
	Closed     int         // refused explicitly
	Filtered   int         // silent
}

// Of sorts the ports of a group.
func Of(s fact.HostServices, group fact.PortGroup) Look {
	var l Look
	for _, p := range s.Ports {
		if p.Group == group {
			l.add(p)
		}
	}
	return l
}

func (l *Look) add(p fact.Port) {
	switch p.State {
	case fact.PortOpen:
		l.addOpen(p)
	case fact.PortClosed:
		l.Closed++
	case fact.PortFiltered:
		l.Filtered++
	case fact.PortNotAsked, fact.PortUnknown:
		l.Unasked = append(l.Unasked, p)
	}
}

// addOpen keeps apart what we could not ask: our own restraint is never a
// failure of the host.
func (l *Look) addOpen(p fact.Port) {
	switch {
	case p.Protocol != "" && p.Protocol != "tls":
		l.Identified = append(l.Identified, p)
	case p.Unfinished:
		l.Unasked = append(l.Unasked, p)
	default:
		l.Unnamed = append(l.Unnamed, p)
	}
}

// Rest judges what is left when nothing identified is at fault: a port open on
// something unknown fails with the severity given.
func (l Look) Rest(unnamed scanner.Severity) scanner.Verdict {
	switch {
	case len(l.Unnamed) > 0:
		return scanner.FailedAs(unnamed, "unidentified", Values(l.Unnamed))
	case len(l.Unasked) > 0:
		return scanner.Unknown("not-asked", Values(l.Unasked))
	case len(l.Identified)+l.Closed+l.Filtered == 0:
		return scanner.Unknown("none-asked", nil)
	}
	return scanner.Passed("closed", l.Counts())
}

// Failing is the fault of some ports; without a port there is none.
func Failing(ports []fact.Port, s scanner.Severity, reason string) []scanner.Verdict {
	if len(ports) == 0 {
		return nil
	}
	return []scanner.Verdict{scanner.FailedAs(s, reason, Values(ports))}
}

// Faults tells together the faults of a group, and its ports open on something
// unknown, which fail with the severity given. It tells whether there is any.
func (l Look) Faults(unnamed scanner.Severity, faults ...[]scanner.Verdict) (v scanner.Verdict, found bool) {
	all := slices.Concat(slices.Concat(faults...), Failing(l.Unnamed, unnamed, "unidentified"))
	if len(all) == 0 {
		return v, false
	}
	return scanner.Together(all), true
}

// Counts are the values of the message that tells what does not answer.
func (l Look) Counts() scanner.Values {
	return scanner.Values{"closed": strconv.Itoa(l.Closed), "filtered": strconv.Itoa(l.Filtered)}
}

// None makes the plain rule of a group: whatever is identified fails, with the
// severity of its check.
func None(group fact.PortGroup) func(scanner.Case[struct{}], fact.HostServices) scanner.Verdict {
	return func(_ scanner.Case[struct{}], s fact.HostServices) scanner.Verdict {
		if v, settled := Settled(s); settled {
			return v
		}
		look := Of(s, group)
		if v, found := look.Faults(scanner.Low, Failing(look.Identified, "", "identified")); found {
			return v
		}
		return look.Rest(scanner.Low)
	}
}

// Where keeps the ports of which something is true.
func Where(ports []fact.Port, is func(fact.Port) bool) []fact.Port {
	return slices.DeleteFunc(slices.Clone(ports), func(p fact.Port) bool { return !is(p) })
}

// maxListed is how many ports a message names.
const maxListed = 10

// Unknown lists the ports of any group of which nothing is known.
func Unknown(s fact.HostServices) []fact.Port {
	return Where(s.Ports, func(p fact.Port) bool { return p.State == fact.PortNotAsked || p.State == fact.PortUnknown })
}

// Values names the ports of a message: "192.0.2.10:3389/tcp (rdp)".
func Values(ports []fact.Port) scanner.Values {
	var names []string
	for _, p := range ports[:min(len(ports), maxListed)] {
		names = append(names, name(p))
	}
	if len(ports) > maxListed {
		names = append(names, "…")
	}
	return scanner.Values{"ports": strings.Join(names, ", "), "count": strconv.Itoa(len(ports))}
}

func name(p fact.Port) string {
	place := strconv.Itoa(p.Number) + "/" + p.Transport
	if p.Address != "" {
		place = p.Address + "/" + p.Transport // the address at fault is shown
	}
	for _, what := range []string{p.Product, p.Protocol} {
		if what != "" && what != "tls" {
			return place + " (" + what + ")"
		}
	}
	return place
}
