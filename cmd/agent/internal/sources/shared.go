// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/memory"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/hostname"
	"carescan/scanner/probes/hosting/geo"
	"carescan/scanner/probes/lists"
	"carescan/scanner/settings"
)

// Shared is what belongs to the whole run and is handed to probes as values: the
// sections of the run, whom it trusts, the lists it holds, what it remembers.
type Shared struct {
	Config     config.Config
	Pseudonyms scanner.Pseudonyms // stand for people in facts
	Memory     *memory.Memory     // nil: nothing is new
	Past       *memory.Past       // nil: nothing ran before

	trust trust
	lists *lists.Book
	// places opens the data that tell whose network an address is.
	places func() (*geo.Table, error)
}

// Probes makes the probes of every source, and tells the public lists they consult.
// What some were told wrong comes together, as settings.Faults, with the probes
// that could be made.
func Probes(s Shared) ([]scanner.Probe, []scanner.PublicList, error) {
	s.places = sync.OnceValues(geo.Open)
	var faults settings.Faults
	var err error
	if s.trust, err = trustOf(s.Config.Network); !collect(&faults, err) {
		return nil, nil, err
	}
	if s.lists, err = lists.Open(s.Config.Lists.Exploited, s.Config.Lists.EndOfLife); err != nil {
		if !collect(&faults, at("lists", err)) {
			return nil, nil, err
		}
		// The other faults are looked for with the lists of the product.
		s.Config.Lists = config.Lists{}
		if s.lists, err = lists.Open("", ""); err != nil {
			return nil, nil, err
		}
	}
	var probes []scanner.Probe
	for _, row := range table {
		probe, err := row.probe(s)
		switch {
		case err == nil:
			probes = append(probes, probe)
		case !collect(&faults, err):
			return nil, nil, fmt.Errorf("prepare probe %s: %w", row.name, err)
		}
	}
	if len(faults) > 0 {
		return probes, nil, faults
	}
	return probes, s.lists.Consulted(), nil
}

// Consulted are the public lists that a configuration names, or those of the
// program.
func Consulted(c config.Lists) ([]scanner.PublicList, error) {
	book, err := lists.Open(c.Exploited, c.EndOfLife)
	if err != nil {
		return nil, at("lists", err)
	}
	return book.Consulted(), nil
}

// collect keeps the faults an error holds; it is false for any other error.
func collect(faults *settings.Faults, err error) bool {
	found, ok := errors.AsType[settings.Faults](err)
	*faults = append(*faults, found...)
	return ok || err == nil
}

// at names the key behind an error of a probe.
func at(key string, err error) error {
	if err == nil {
		return nil
	}
	if found, ok := errors.AsType[settings.Faults](err); ok {
		return found.Below(key)
	}
	return settings.Faults{{
		Key:    key,
		What:   scanner.Text{FR: "la valeur n'est pas utilisable", EN: "the value cannot be used"},
		Hint:   scanner.Text{FR: "corrigez cette clé, ou retirez-la", EN: "correct this key, or remove it"},
		Detail: err.Error(),
	}}
}

// declaredHosts are the names the establishment looks at already.
func declaredHosts(t config.Targets) []string {
	declared, err := DeclaredTargets(t)
	if err != nil {
		return nil // no plan is made of it
	}
	var hosts []string
	for _, d := range declared {
		hosts = append(hosts, d.Host())
	}
	for _, p := range t.Portals {
		if host, _, err := hostname.ParseEndpoint(p.Address); err == nil {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// portalsOf are the portals by "host:port", as targets are named.
func portalsOf(t config.Targets) map[string]fact.Declaration {
	declared := map[string]fact.Declaration{}
	for _, p := range t.Portals {
		if host, port, err := hostname.ParseEndpoint(p.Address); err == nil {
			at := net.JoinHostPort(host, strconv.Itoa(int(port)))
			declared[at] = fact.Declaration{Kind: p.Kind, TwoFactor: cmp.Or(p.TwoFactor, "unknown")}
		}
	}
	return declared
}
