// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"net"
	"net/url"
	"strconv"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
)

// The probes, by the name plans use.
const (
	probeDNS         = "dns"
	probeDNSSEC      = "dnssec"
	probeRegistry    = "registration"
	probeInventory   = "inventory"
	probeMail        = "mail"
	probeSMTP        = "smtp"
	probeServices    = "services"
	probeTLS         = "tls"
	probeHTTP        = "http"
	probeNuclei      = "nuclei"
	probeDirectory   = "directory"
	probeAccounts    = "accounts"
	probeHosting     = "hosting"
	probeAttestation = "attestation"
	probeHistory     = "history"
)

// registerHosting is the id of the hosting register as a target.
const registerHosting = "hosting"

// tasksOf lists every look a configuration asks for.
func tasksOf(c config.Config) ([]scanner.Task, error) {
	tasks, err := exposureTasks(c.Targets)
	if err != nil {
		return nil, err
	}
	for _, d := range c.Directories {
		tasks = append(tasks, scanner.Task{Probe: probeDirectory, Target: scanner.Target{Kind: scanner.KindDirectory, ID: d.ID}})
	}
	for _, a := range c.Applications {
		tasks = append(tasks, scanner.Task{Probe: probeAccounts, Target: scanner.Target{Kind: scanner.KindApplication, ID: a.ID}})
	}
	if c.HostingRegister != "" {
		tasks = append(tasks, scanner.Task{Probe: probeHosting, Target: scanner.Target{Kind: scanner.KindRegister, ID: registerHosting}})
	}
	if c.Attestations != "" {
		tasks = append(tasks, scanner.Task{Probe: probeAttestation, Target: establishmentOf(c).Target()})
	}
	return append(tasks, scanner.Task{Probe: probeHistory, Target: establishmentOf(c).Target()}), nil
}

func exposureTasks(t config.Targets) ([]scanner.Task, error) {
	var tasks []scanner.Task
	for _, written := range t.Domains {
		name, err := config.ParseDomain(written)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, domainTasks(scanner.DomainTarget(name))...)
	}
	for _, written := range t.Sites {
		site, err := siteTasks(written)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, site...)
	}
	for _, written := range t.Services {
		service, err := serviceTarget(written)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, scanner.Task{Probe: probeTLS, Target: service})
	}
	for _, host := range t.Hosts {
		tasks = append(tasks, scanner.Task{Probe: probeServices, Target: scanner.HostTarget(host)})
	}
	return tasks, nil
}

// domainTasks looks at a domain every way there is.
func domainTasks(domain scanner.Target) []scanner.Task {
	var tasks []scanner.Task
	for _, probe := range []string{probeDNS, probeDNSSEC, probeRegistry, probeMail, probeSMTP, probeInventory} {
		tasks = append(tasks, scanner.Task{Probe: probe, Target: domain})
	}
	return tasks
}

// siteTasks looks at a site three ways: its pages, its TLS, what it runs.
func siteTasks(written string) ([]scanner.Task, error) {
	site, err := config.ParseSite(written)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(site.ID)
	if err != nil {
		return nil, err
	}
	port := 443
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, err
		}
	}
	return []scanner.Task{
		{Probe: probeHTTP, Target: site},
		{Probe: probeTLS, Target: scanner.ServiceTarget(u.Hostname(), port)},
		{Probe: probeNuclei, Target: site},
	}, nil
}

func serviceTarget(written string) (scanner.Target, error) {
	host, text, err := net.SplitHostPort(written)
	if err != nil {
		return scanner.Target{}, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return scanner.Target{}, err
	}
	return scanner.ServiceTarget(host, port), nil
}
