// SPDX-License-Identifier: Apache-2.0

// Package sources holds the one table of the sources of facts: a row says what a
// source is told in agent.yaml, at which targets it looks, and how its probe is
// made. Whoever reads the configuration, plans, looks or writes the documentation
// walks this table: nobody else knows a source by name.
package sources

//go:generate go run ./pages

import (
	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
	"carescan/scanner/probes/accounts"
	"carescan/scanner/probes/attestation"
	"carescan/scanner/probes/directory"
	dnsprobe "carescan/scanner/probes/dns"
	dnssecprobe "carescan/scanner/probes/dnssec"
	"carescan/scanner/probes/history"
	"carescan/scanner/probes/hosting"
	httpprobe "carescan/scanner/probes/http"
	"carescan/scanner/probes/inventory"
	mailprobe "carescan/scanner/probes/mail"
	"carescan/scanner/probes/nuclei"
	"carescan/scanner/probes/registration"
	"carescan/scanner/probes/services"
	smtpprobe "carescan/scanner/probes/smtp"
	tlsprobe "carescan/scanner/probes/tls"
	"carescan/scanner/settings"
)

// source is one row.
type source struct {
	name string
	// told is its own section of agent.yaml, zero when it has none.
	told config.Source
	// at turns a declared target (section targets) into the one it looks at; nil when
	// it looks at none of them.
	at func(scanner.Target) (scanner.Target, bool)
	// brings lists the targets of its own section; nil when it has none.
	brings func(config.Config) []scanner.Target
	// probe makes the way of looking.
	probe func(Shared) (scanner.Probe, error)
}

// table is every source, in the order in which one target is looked at.
var table = []source{
	{name: dnsprobe.Name, at: itself(scanner.KindDomain), probe: func(s Shared) (scanner.Probe, error) {
		places, err := s.places()
		return dnsprobe.New(dnsprobe.Options{Geography: places, RecursionZone: s.Config.Network.RecursionZone}), err
	}},
	{name: dnssecprobe.Name, at: itself(scanner.KindDomain), probe: func(s Shared) (scanner.Probe, error) {
		probe, err := dnssecprobe.New(dnssecprobe.Options{Anchor: s.Config.Network.TrustAnchors})
		return probe, at("network.trust_anchors", err)
	}},
	{name: registration.Name, at: itself(scanner.KindDomain), probe: func(s Shared) (scanner.Probe, error) {
		n := s.Config.Network
		probe, err := registration.New(registration.Options{Base: n.RDAP, Suffixes: n.RDAPSuffixes, Roots: s.trust.any})
		return probe, at("network.rdap", err)
	}},
	{
		name: mailprobe.Name, told: section[mailprobe.Settings](mailprobe.Section), at: itself(scanner.KindDomain),
		probe: func(s Shared) (scanner.Probe, error) {
			return mailprobe.New(mailprobe.Options{Declared: config.Told[mailprobe.Settings](s.Config), Roots: s.trust.any}), nil
		},
	},
	{name: smtpprobe.Name, at: itself(scanner.KindDomain), probe: func(s Shared) (scanner.Probe, error) {
		p3 := s.Config.Intrusive
		return smtpprobe.New(smtpprobe.Options{
			Roots: s.trust.any, Store: s.trust.store, Declared: s.trust.text, RelaySender: p3.RelaySender, RelayRecipient: p3.RelayRecipient,
		}), nil
	}},
	{name: inventory.Name, at: itself(scanner.KindDomain), probe: func(s Shared) (scanner.Probe, error) {
		return inventory.New(inventory.Options{
			Declared: declaredHosts(s.Config.Targets), Words: s.Config.Network.UsualNames, Log: s.Config.Network.CertificateLog, Roots: s.trust.any,
		}), nil
	}},
	{name: httpprobe.Name, at: itself(scanner.KindSite), probe: func(s Shared) (scanner.Probe, error) {
		return httpprobe.New(httpprobe.Options{
			Roots: s.trust.any, Describe: s.lists.Describe, Lists: s.lists.Name(),
		}), nil
	}},
	{name: tlsprobe.Name, at: itsService, probe: func(s Shared) (scanner.Probe, error) {
		return tlsprobe.New(tlsprobe.Options{
			Roots: s.trust.public, Store: s.trust.store, Private: s.trust.private, Declared: s.trust.text,
			Authorities: s.Config.Network.Revocation == config.RevocationAuthorities,
		}), nil
	}},
	{
		name: nuclei.Name, told: section[nuclei.Settings](nuclei.Section, nuclei.Defaults), at: itself(scanner.KindSite),
		probe: func(s Shared) (scanner.Probe, error) {
			told := config.Told[nuclei.Settings](s.Config)
			options := told.Options()
			var err error
			if options.Program, err = templateProgram(told); err != nil {
				return nil, err
			}
			options.KEVFile, options.Portals = s.Config.Lists.Exploited, portalsOf(s.Config.Targets)
			probe, err := nuclei.New(options)
			return probe, at(nuclei.Section.Name, err)
		},
	},
	{
		name: services.Name, told: section[services.Settings](services.Section), at: itself(scanner.KindHost),
		probe: func(s Shared) (scanner.Probe, error) {
			options := config.Told[services.Settings](s.Config).Options()
			options.Declared, options.Describe, options.Lists = portalsOf(s.Config.Targets), s.lists.Describe, s.lists.Name()
			if s.Memory != nil {
				options.Baseline, options.FirstSeen = s.Memory.Baseline, s.Memory.FirstSeen
			}
			return services.New(options), nil
		},
	},
	{
		name: directory.Name, told: section[directory.Settings](directory.Section),
		brings: func(c config.Config) []scanner.Target { return config.Told[directory.Settings](c).Targets() },
		probe: func(s Shared) (scanner.Probe, error) {
			return directory.New(config.Told[directory.Settings](s.Config), s.Pseudonyms), nil
		},
	},
	{
		name: accounts.Name, told: section[accounts.Settings](accounts.Section),
		brings: func(c config.Config) []scanner.Target { return config.Told[accounts.Settings](c).Targets() },
		probe: func(s Shared) (scanner.Probe, error) {
			return accounts.New(config.Told[accounts.Settings](s.Config), s.Pseudonyms), nil
		},
	},
	{
		name: hosting.Name, told: section[hosting.Settings](hosting.Section),
		brings: func(c config.Config) []scanner.Target { return config.Told[hosting.Settings](c).Targets() },
		probe: func(s Shared) (scanner.Probe, error) {
			places, err := s.places()
			return hosting.New(hosting.Config{File: string(config.Told[hosting.Settings](s.Config)), Resolve: true}, places), err
		},
	},
	{
		name: attestation.Name, told: section[attestation.Settings](attestation.Section),
		brings: func(c config.Config) []scanner.Target {
			return config.Told[attestation.Settings](c).Targets(c.Establishment.Identity())
		},
		probe: func(s Shared) (scanner.Probe, error) {
			return attestation.New(config.Told[attestation.Settings](s.Config), s.Config.Establishment.Identity().Target()), nil
		},
	},
	{
		name:   history.Name,
		brings: func(c config.Config) []scanner.Target { return []scanner.Target{c.Establishment.Identity().Target()} },
		probe:  func(s Shared) (scanner.Probe, error) { return history.New(s.Past.Recall), nil },
	},
}

// section is the section of a source, read into an S. It begins with the defaults,
// where there are some.
func section[S any, P interface {
	*S
	settings.Part
}](s settings.Section, defaults ...func() S,
) config.Source {
	return config.Source{Section: s, Fresh: func() settings.Part {
		told := new(S)
		for _, d := range defaults {
			*told = d()
		}
		return P(told)
	}}
}

// Sections are those of the sources that have one.
func Sections() []config.Source {
	var sections []config.Source
	for _, s := range table {
		if s.told.Fresh != nil {
			sections = append(sections, s.told)
		}
	}
	return sections
}
