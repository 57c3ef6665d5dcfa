// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"cmp"
	"net"
	"strings"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/services"
)

// declaredHosts are the names the establishment looks at already.
func declaredHosts(t config.Targets) []string {
	hosts := append(append([]string{}, t.Domains...), t.Hosts...)
	for _, site := range t.Sites {
		if target, err := config.ParseSite(site); err == nil {
			hosts = append(hosts, hostOf(target))
		}
	}
	for _, service := range t.Services {
		hosts = append(hosts, hostOf(scanner.Target{Kind: scanner.KindService, ID: service}))
	}
	return append(hosts, portalHosts(t.Portals)...)
}

func portalHosts(portals []config.Portal) []string {
	var hosts []string
	for _, p := range portals {
		if host, _, err := net.SplitHostPort(p.Address); err == nil {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func portalsOf(portals []config.Portal) map[string]fact.Declaration {
	declared := map[string]fact.Declaration{}
	for _, p := range portals {
		declared[p.Address] = fact.Declaration{Kind: p.Kind, TwoFactor: cmp.Or(p.TwoFactor, "unknown")}
	}
	return declared
}

func sharedOf(list []config.SharedProvider) []services.SharedRange {
	var shared []services.SharedRange
	for _, s := range list {
		for _, r := range s.Ranges {
			shared = append(shared, services.SharedRange{Range: r, Provider: s.Provider})
		}
	}
	return shared
}

func selectorsOf(list []config.MailDomain) map[string][]string {
	selectors := map[string][]string{}
	for _, m := range list {
		selectors[scanner.CanonicalName(m.Domain)] = m.Selectors
	}
	return selectors
}

// placeOf is the "address:port" of what the memory of services calls
// "address:port/tcp product".
func placeOf(key string) string {
	place, _, _ := strings.Cut(key, "/")
	return place
}
