// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"maps"
	"net/url"
	"strconv"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
)

// Tasks lists every look a configuration asks for: at each declared target every
// way there is, then at what the sources bring themselves.
func Tasks(c config.Config) ([]scanner.Task, error) {
	declared, err := declaredTargets(c.Targets)
	if err != nil {
		return nil, err
	}
	var tasks []scanner.Task
	for _, target := range declared {
		for _, s := range table {
			if s.at == nil {
				continue
			}
			if looked, ok := s.at(target); ok {
				tasks = append(tasks, scanner.Task{Probe: s.name, Target: looked})
			}
		}
	}
	for _, s := range table {
		if s.brings == nil {
			continue
		}
		for _, target := range s.brings(c) {
			tasks = append(tasks, scanner.Task{Probe: s.name, Target: target})
		}
	}
	return tasks, nil
}

// declaredTargets are those of the section targets, in the words of plans.
func declaredTargets(t config.Targets) ([]scanner.Target, error) {
	var targets []scanner.Target
	for _, written := range t.Domains {
		name, err := config.ParseDomain(written)
		if err != nil {
			return nil, err
		}
		targets = append(targets, scanner.DomainTarget(name))
	}
	for _, written := range t.Sites {
		site, err := config.ParseSite(written)
		if err != nil {
			return nil, err
		}
		targets = append(targets, site)
	}
	for _, written := range t.Services {
		service, err := config.ParseService(written)
		if err != nil {
			return nil, err
		}
		targets = append(targets, service)
	}
	for _, host := range t.Hosts {
		targets = append(targets, scanner.HostTarget(host))
	}
	return targets, nil
}

// itself is for a source that looks at one kind of target.
func itself(kind scanner.TargetKind) func(scanner.Target) (scanner.Target, bool) {
	return func(t scanner.Target) (scanner.Target, bool) { return t, t.Kind == kind }
}

// itsService is a declared service, or the one behind a site.
func itsService(t scanner.Target) (scanner.Target, bool) {
	if t.Kind != scanner.KindSite {
		return t, t.Kind == scanner.KindService
	}
	u, err := url.Parse(t.ID)
	if err != nil {
		return t, false
	}
	port := 443
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return t, false
		}
	}
	return scanner.ServiceTarget(u.Hostname(), port), true
}

// WithoutOwn is a configuration whose sources bring no target of their own: only
// what targets declares is looked at.
func WithoutOwn(c config.Config) config.Config {
	c.Sources = maps.Clone(c.Sources)
	for _, s := range table {
		if s.brings != nil && s.told.Fresh != nil {
			c.Sources[s.told.Name] = s.told.Fresh()
		}
	}
	return c
}
