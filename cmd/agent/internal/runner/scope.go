// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/hostname"
	"carescan/scanner/probes/directory"
	"carescan/scanner/settings"
)

// scopeOf is the scope a configuration declares.
func scopeOf(c config.Config) scanner.Scope {
	providers, _ := c.Scope.ParseProviders() // faults are told when the configuration is read
	return scanner.Scope{
		Names: patterns(c.Scope.Names), Ranges: c.Scope.Ranges,
		Excluded: c.Scope.Excluded, ExcludedNames: patterns(c.Scope.ExcludedNames),
		Providers:     providers,
		Authorisation: authorisationOf(c.Scope.Authorisation),
	}
}

// patterns are names of a scope in the form of the DNS. Validate has refused what
// is none, and what it did not see is kept: an exclusion is never dropped.
func patterns(written []string) []string {
	var list []string
	for _, text := range written {
		pattern, err := hostname.ParsePattern(text)
		if err != nil {
			pattern = text
		}
		list = append(list, pattern)
	}
	return list
}

func authorisationOf(a config.Authorisation) scanner.Authorisation {
	return scanner.Authorisation{By: a.By, Reference: a.Reference, From: a.From.Start().UTC(), Until: a.Until.End().UTC()}
}

// Narrow keeps of a configuration what belongs to the given domains: their
// zones and the sites and services under them. Without a file, the sites are
// guessed: the name itself and its www.
func Narrow(c config.Config, domains []string) (config.Config, error) {
	var kept config.Targets
	for _, written := range domains {
		name, err := config.ParseDomain(written)
		if err != nil {
			return c, &cli.Problem{
				Sentence: scanner.Text{FR: "le domaine demandé n'est pas valide", EN: "the domain asked for is not valid"},
				Hint:     scanner.Text{FR: "donnez un nom tel que chu-exemple.fr, sans https:// ni barre oblique", EN: "give a name such as chu-exemple.fr, without https:// or slash"},
				Cause:    settings.Faults{settings.NotName("--domain", written, scanner.Text{FR: "un nom de domaine", EN: "a domain name"}, err)},
			}
		}
		if slices.Contains(kept.Domains, name) {
			continue // written twice
		}
		kept.Domains = append(kept.Domains, name)
		kept.Sites = append(kept.Sites, sitesUnder(c, name)...)
		kept.Services = append(kept.Services, servicesUnder(c, name)...)
	}
	c.Targets = kept
	if c.Establishment.Name == "" {
		c.Establishment.Name = strings.Join(kept.Domains, ", ")
	}
	return sources.WithoutOwn(c), nil
}

func sitesUnder(c config.Config, name string) []string {
	var sites []string
	for _, site := range c.Targets.Sites {
		target, err := config.ParseSite(site)
		if err == nil && under(target.Host(), name) {
			sites = append(sites, site)
		}
	}
	if len(sites) == 0 {
		return []string{"https://" + name, "https://www." + name}
	}
	return sites
}

func servicesUnder(c config.Config, name string) []string {
	var services []string
	for _, service := range c.Targets.Services {
		if target, err := config.ParseService(service); err == nil && under(target.Host(), name) {
			services = append(services, service)
		}
	}
	return services
}

func under(host, name string) bool {
	return (scanner.Scope{Names: []string{name, "*." + name}}).HasName(host)
}

// requireAuthority refuses to plan without a scope that holds now. It is the
// first of two locks: the guard checks again at each connection.
func requireAuthority(c config.Config, now time.Time) error {
	faults := unauthorised(c.Scope, now)
	if len(faults) == 0 {
		faults = outOfScope(c)
	}
	if len(faults) == 0 {
		return nil
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "rien ne sera contacté", EN: "nothing will be contacted"},
		Cause:    c.Place(faults),
	}
}

// unauthorised says what a scope lacks to hold now.
func unauthorised(s config.Scope, now time.Time) (faults settings.Faults) {
	if len(s.Names) == 0 && len(s.Ranges) == 0 {
		faults.Add("scope.names",
			settings.Say("aucun périmètre n'est déclaré", "no scope is declared"),
			settings.Say("déclarez scope.names (et scope.ranges), ou utilisez --domain avec --authorised-by et --authorised-until",
				"declare scope.names (and scope.ranges), or use --domain with --authorised-by and --authorised-until"))
		return faults
	}
	hint := settings.Say(
		"indiquez la fonction de la personne qui autorise et le dernier jour : scope.authorisation.by et .until, ou --authorised-by et --authorised-until",
		"say by whose function it is allowed and the last day: scope.authorisation.by and .until, or --authorised-by and --authorised-until")
	a := authorisationOf(s.Authorisation)
	first, last := a.Days()
	switch {
	case a.ValidAt(now):
	case a.By == "":
		faults.Add("scope.authorisation.by", settings.Say("le périmètre n'est pas autorisé", "the scope is not authorised"), hint)
	case a.Until.IsZero():
		faults.Add("scope.authorisation.until", settings.Say("le périmètre n'est pas autorisé", "the scope is not authorised"), hint)
	case now.Before(a.From):
		faults.Add("scope.authorisation.from", settings.Say("l'autorisation ne commence que le %s", "the authorisation only begins on %s", settings.DayText(first)), hint)
	default:
		faults.Add("scope.authorisation.until", settings.Say("l'autorisation a expiré le %s", "the authorisation expired on %s", settings.DayText(last)), hint)
	}
	return faults
}

// outOfScope catches a slip of the configuration before anything is sent: every
// declared name must be inside the declared scope.
func outOfScope(c config.Config) (faults settings.Faults) {
	declared, err := sources.DeclaredTargets(c.Targets)
	if err != nil {
		return nil // no plan was made of it
	}
	scope := scopeOf(c)
	for _, d := range declared {
		host := d.Host()
		switch entry := excludedBy(scope, host); {
		case entry != "":
			faults = append(faults, excludedTarget(d.Key, host, entry))
		case !scope.HasName(host) && !inRange(scope, host):
			faults.Add(d.Key,
				settings.Say("la cible %s est en dehors du périmètre autorisé", "target %s is outside the authorised scope", host),
				settings.Say("ajoutez-la à scope.names si elle vous appartient, ou retirez-la d'ici", "add it to scope.names if it is yours, or remove it from here"))
		}
	}
	for i, d := range config.Told[directory.Settings](c) {
		u, err := url.Parse(d.URL)
		if err != nil {
			continue // which Validate refuses
		}
		host := hostname.Canonical(u.Hostname())
		if entry := excludedBy(scope, host); entry != "" {
			faults = append(faults, excludedTarget(directory.Section.Name+settings.At(i)+".url", host, entry))
		}
	}
	return append(faults, excludedServers(scope, c.Network)...)
}

func excludedTarget(key, host, entry string) settings.Fault {
	return settings.Fault{
		Key:  key,
		What: settings.Say("la cible %s est exclue par %s", "target %s is excluded by %s", host, entry),
		Hint: settings.Say("retirez-la d'ici, ou retirez l'exclusion si elle doit être examinée", "remove it from here, or remove the exclusion if it is to be looked at"),
	}
}

// excludedServers are the servers of the network settings that would be asked although
// the scope excludes them: what is excluded is never contacted, whatever else is said.
func excludedServers(s scanner.Scope, n config.Network) (faults settings.Faults) {
	for _, list := range []struct {
		key     string
		servers []string
	}{{"network.resolvers", n.Resolvers}, {"network.root_hints", n.RootHints}} {
		for i, written := range list.servers {
			at, err := config.ParseServer(written)
			if err != nil {
				continue // which Validate refuses
			}
			if entry := excludedBy(s, at.Addr().Unmap().String()); entry != "" {
				faults.Add(list.key+settings.At(i),
					settings.Say("le serveur %s est exclu par %s", "server %s is excluded by %s", at.Addr(), entry),
					settings.Say("déclarez un autre serveur, ou réduisez l'exclusion", "declare another server, or make the exclusion smaller"))
			}
		}
	}
	return faults
}

// excludedBy is the entry of the scope that excludes a name or an address, with
// its key; empty when there is none.
func excludedBy(s scanner.Scope, host string) string {
	if entry := s.NameExcludedBy(host); entry != "" {
		return fmt.Sprintf("scope.excluded_names[%d] (%s)", slices.Index(s.ExcludedNames, entry), entry)
	}
	if addr, err := netip.ParseAddr(host); err == nil && s.Excludes(addr) {
		entry := s.AddressExcludedBy(addr)
		return fmt.Sprintf("scope.excluded[%d] (%s)", slices.Index(s.Excluded, entry), entry)
	}
	return ""
}

func inRange(s scanner.Scope, host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && s.HasAddress(addr)
}
