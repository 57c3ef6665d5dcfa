// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"log/slog"
	"slices"

	"carescan/scanner"
	dnsprobe "carescan/scanner/probes/dns"
	dnssecprobe "carescan/scanner/probes/dnssec"
	"carescan/scanner/probes/hosting/geo"
	httpprobe "carescan/scanner/probes/http"
	"carescan/scanner/probes/inventory"
	"carescan/scanner/probes/lists"
	mailprobe "carescan/scanner/probes/mail"
	"carescan/scanner/probes/nuclei"
	"carescan/scanner/probes/registration"
	"carescan/scanner/probes/services"
	smtpprobe "carescan/scanner/probes/smtp"
	tlsprobe "carescan/scanner/probes/tls"
)

// exposureProbes look at what the internet can see.
func (r Runner) exposureProbes(places *geo.Table) ([]scanner.Probe, error) {
	t, err := trustOf(r.Config.Network)
	if err != nil {
		return nil, err
	}
	book, err := lists.Open(r.Config.Lists.Exploited, r.Config.Lists.EndOfLife)
	if err != nil {
		return nil, err
	}
	templates, err := r.templateProbe()
	if err != nil {
		return nil, err
	}
	named, err := r.nameProbes(t, places)
	if err != nil {
		return nil, err
	}
	return append(named,
		tlsprobe.New(tlsprobe.Options{Roots: t.public, Store: t.store, Private: t.private}),
		httpprobe.New(httpprobe.Options{Roots: t.any, Describe: book.Describe, Lists: book.Name()}),
		r.serviceProbe(book),
		templates,
	), nil
}

// nameProbes look at domains and at their mail.
func (r Runner) nameProbes(t trust, places *geo.Table) ([]scanner.Probe, error) {
	n, p3 := r.Config.Network, r.Config.Intrusive
	registry, err := registration.New(registration.Options{Base: n.RDAP, Suffixes: n.RDAPSuffixes, Roots: t.any})
	if err != nil {
		return nil, err
	}
	chain, err := dnssecprobe.New(dnssecprobe.Options{Anchor: n.TrustAnchors})
	if err != nil {
		return nil, err
	}
	return []scanner.Probe{
		dnsprobe.New(dnsprobe.Options{Geography: places, RecursionZone: n.RecursionZone}),
		chain, registry,
		mailprobe.New(mailprobe.Options{Selectors: selectorsOf(r.Config.Mail), Roots: t.any}),
		smtpprobe.New(smtpprobe.Options{Roots: t.any, Store: t.store, RelaySender: p3.RelaySender, RelayRecipient: p3.RelayRecipient}),
		inventory.New(inventory.Options{Declared: declaredHosts(r.Config.Targets), Log: n.CertificateLog, Roots: t.any}),
	}, nil
}

func (r Runner) serviceProbe(book *lists.Book) scanner.Probe {
	p := r.Config.Ports
	options := services.Options{
		Ports: p.TCP, Declared: portalsOf(r.Config.Targets.Portals), Shared: sharedOf(p.Shared),
		Describe: book.Describe, Lists: book.Name(),
		Acknowledged: func(key string) bool { return slices.Contains(p.Acknowledged, placeOf(key)) },
	}
	if r.Memory != nil {
		options.Baseline, options.FirstSeen = r.Memory.Baseline, r.Memory.FirstSeen
	}
	return services.New(options)
}

func (r Runner) templateProbe() (scanner.Probe, error) {
	t := r.Config.Templates
	program, err := TemplateProgram(t)
	if err != nil {
		return nil, err
	}
	probe, err := nuclei.New(nuclei.Options{
		Program: program, Folder: t.Folder, Pins: t.Pins, KEVFile: r.Config.Lists.Exploited,
		Portals: portalsOf(r.Config.Targets.Portals), MemoryLimit: t.MemoryMB << 20, Timeout: t.Timeout, Rate: t.Rate,
	})
	if err != nil {
		return nil, err
	}
	if len(probe.Rejected()) > 0 {
		slog.Warn("templates of the operator", "summary", probe.Summary().EN)
	}
	return probe, nil
}
