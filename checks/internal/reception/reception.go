// SPDX-License-Identifier: Apache-2.0

// Package reception says what a check may conclude when the servers that receive
// the mail of a domain were not all seen.
package reception

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/named"
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
// whether there is one. A server that does not exist is not one to see:
// exposure.mx-targets tells it.
func Unseen(f fact.MailServers) (scanner.Verdict, bool) {
	var unknown named.Doubts
	exists := f.LeftOut > 0
	for _, s := range f.Servers {
		exists = exists || s.Reach != fact.NoAddress
		switch {
		case s.Provider != "": // told below
		case s.Reach == fact.Unreached:
			unknown.Add(s.Name, s.Cause, scanner.CauseInDetail)
		case s.LeftOut > 0:
			unknown.Add(s.Name, scanner.Cause{}, scanner.CauseTooMany)
		}
	}
	if f.LeftOut > 0 {
		unknown.Add("+"+strconv.Itoa(f.LeftOut), scanner.Cause{}, scanner.CauseTooMany)
	}
	if unknown.Any() {
		return unknown.Verdict("server-unknown"), true
	}
	if v, undeclared := Undeclared(f); undeclared {
		return v, true
	}
	return scanner.Exempt("no-server", nil), !exists
}

// Silence files a port that told nothing usable, under its label.
func Silence(doubts *named.Doubts, label string, p fact.MailPort) {
	otherwise := scanner.CauseInDetail // sealed before causes were kept
	switch {
	case p.Reach == fact.Closed:
		otherwise = scanner.CauseRefused
	case p.Reach == fact.OtherTalk:
		otherwise = scanner.CauseBadAnswer
	case p.Filtered:
		otherwise = scanner.CauseTimeout
	}
	doubts.Add(label, p.Cause, otherwise)
}

// Silent is the verdict on servers of which nothing usable came. The way out to port
// 25, often blocked, is the page's to tell, unless the servers themselves spoke.
func Silent(doubts *named.Doubts) scanner.Verdict {
	return doubts.Verdict("silent", scanner.CauseTimeout, scanner.CauseRefused, scanner.CauseInDetail, scanner.CauseUnreachable)
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
