// SPDX-License-Identifier: Apache-2.0

// Package reception says what a check may conclude when the servers that receive
// the mail of a domain were not all seen.
package reception

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on a domain whose mail servers are not known, or that
// has none (exposure-checks.md section 1.4), and whether there is one.
func Settled(f fact.MailServers) (scanner.Verdict, bool) {
	switch {
	case f.MX.Answer.Absent() || f.Null:
		return scanner.Exempt("no-mail", nil), true
	case f.MX.Answer != fact.Present:
		return scanner.Unknown("mx-unknown", nil), true
	}
	return scanner.Verdict{}, false
}

// Unseen is the verdict when nothing wrong was seen, yet not all was seen, and
// whether there is one.
func Unseen(f fact.MailServers) (scanner.Verdict, bool) {
	var unknown []string
	seen := false
	for _, s := range f.Servers {
		seen = seen || len(s.Hosts) > 0
		switch {
		case s.Provider != "": // told below
		case s.Reach == fact.Unreached || s.LeftOut > 0:
			unknown = append(unknown, s.Name)
		}
	}
	if f.LeftOut > 0 {
		unknown = append(unknown, "+"+strconv.Itoa(f.LeftOut))
	}
	if len(unknown) > 0 {
		return Doubt("server-unknown", unknown), true
	}
	if v, undeclared := Undeclared(f); undeclared {
		return v, true
	}
	return scanner.Unknown("no-server", nil), !seen
}

// Doubt is a verdict of ignorance about some servers.
func Doubt(reason string, servers []string) scanner.Verdict {
	return scanner.Unknown(reason, Servers(servers))
}

// Servers are the values of a message that names servers.
func Servers(labels []string) scanner.Values { return scanner.Values{"servers": List(labels)} }

// Hosts gives every address that was looked at, with its label.
func Hosts(f fact.MailServers) iter.Seq2[string, Host] {
	return func(yield func(string, Host) bool) {
		for _, s := range f.Servers {
			for _, h := range s.Hosts {
				if !yield(s.Name+" ["+h.Address+"]", Host{s, h}) {
					return
				}
			}
		}
	}
}

// Host is an address of a mail server.
type Host struct {
	Server fact.MailServer
	fact.MailHost
}

// Mail is the port where mail comes in, unreached when it was not looked at.
func (h Host) Mail() fact.MailPort {
	for _, p := range h.Ports {
		if p.Port == 25 {
			return p
		}
	}
	return fact.MailPort{Port: 25, Reach: fact.Unreached}
}

const maxListed = 10

// List joins labels, once each, and counts those beyond what a sentence can hold.
func List(labels []string) string {
	labels = slices.Compact(slices.Sorted(slices.Values(labels)))
	if more := len(labels) - maxListed; more > 0 {
		labels = append(labels[:maxListed:maxListed], "+"+strconv.Itoa(more))
	}
	return strings.Join(labels, ", ")
}
