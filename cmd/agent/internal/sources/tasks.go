// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
	"carescan/scanner/hostname"
	"carescan/scanner/settings"
)

// Tasks lists every look a configuration asks for: at each declared target every
// way there is, then at what the sources bring themselves.
func Tasks(c config.Config) ([]scanner.Task, error) {
	declared, err := DeclaredTargets(c.Targets)
	if err != nil {
		return nil, err
	}
	var tasks []scanner.Task
	planned := map[scanner.Task]bool{} // a service may be that of a site too
	for _, d := range declared {
		for _, s := range table {
			if s.at == nil {
				continue
			}
			looked, ok := s.at(d.Target)
			if task := (scanner.Task{Probe: s.name, Target: looked}); ok && !planned[task] {
				planned[task] = true
				tasks = append(tasks, task)
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

// Declared is a target as the section targets declares it.
type Declared struct {
	scanner.Target
	Key string // "targets.sites[2]"
}

// DeclaredTargets are those of the section targets, in the words of plans: each
// once, where it is first written.
func DeclaredTargets(t config.Targets) ([]Declared, error) {
	var list []Declared
	for _, kind := range []struct {
		key     string
		written []string
		read    func(string) (scanner.Target, error)
	}{
		{"targets.domains", t.Domains, func(written string) (scanner.Target, error) {
			name, err := config.ParseDomain(written)
			return scanner.DomainTarget(name), err
		}},
		{"targets.sites", t.Sites, config.ParseSite},
		{"targets.services", t.Services, config.ParseService},
		{"targets.hosts", t.Hosts, func(written string) (scanner.Target, error) {
			host, err := hostname.ParseHost(written)
			return scanner.HostTarget(host), err
		}},
	} {
		for i, written := range kind.written {
			target, err := kind.read(written)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(list, func(d Declared) bool { return d.Target == target }) {
				list = append(list, Declared{target, kind.key + settings.At(i)})
			}
		}
	}
	return list, nil
}

// Endpoints are the "host:port" that the section targets declares.
func Endpoints(t config.Targets) []string {
	declared, err := DeclaredTargets(t)
	if err != nil {
		return nil // no plan is made of it
	}
	endpoints := slices.Sorted(maps.Keys(portalsOf(t)))
	for _, d := range declared {
		if at, ok := itsService(d.Target); ok {
			place, _, _ := strings.Cut(at.ID, "/")
			endpoints = append(endpoints, place)
		}
	}
	return endpoints
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
