// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/door"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/hostname"
	mailprobe "carescan/scanner/probes/mail"
	"carescan/scanner/settings"
)

// longest, in years, is how long an authorisation is given for without being asked
// again (a rule of the project).
const longest = 2

// Caveats lists what a configuration says that has no effect, or more than was
// probably meant, and that a run is made with all the same. A person is told of it
// by plan, by doctor and by the report.
func Caveats(c config.Config, now time.Time) (caveats settings.Faults) {
	caveats = append(caveats, tooLong("scope.authorisation.until", authorisationOf(c.Scope.Authorisation), now)...)
	intrusive := scanner.Authorisation{By: c.Intrusive.By, From: c.Intrusive.From.Start(), Until: c.Intrusive.Until.End()}
	caveats = append(caveats, tooLong("intrusive.until", intrusive, now)...)
	scope := scopeOf(c)
	for i, pattern := range scope.Names {
		if below, wild := strings.CutPrefix(pattern, "*."); wild && !strings.Contains(below, ".") {
			caveats.Add("scope.names"+settings.At(i),
				settings.Say("%s couvre tous les noms d'une terminaison entière", "%s covers every name of a whole ending", pattern),
				settings.Say("vérifiez qu'elle n'est qu'à vous, ou écrivez chacun de vos domaines", "make sure that it is yours alone, or write each of your domains"))
		}
	}
	caveats = append(caveats, idleExclusions(scope)...)
	caveats = append(caveats, idleRedirects(scope, c.Network.Redirects)...)
	caveats = append(caveats, idlePortals(c)...)
	for i, d := range config.Told[mailprobe.Settings](c) {
		if name, err := hostname.Parse(d.Domain); err == nil && len(scope.Names) > 0 && !scope.HasName(name) {
			caveats.Add(mailprobe.Section.Name+settings.At(i)+".domain",
				settings.Say("%s n'est pas dans le périmètre : ses sélecteurs ne servent pas", "%s is not in the scope: its selectors are of no use", name),
				settings.Say("corrigez ce nom, ou ajoutez-le à scope.names", "correct this name, or add it to scope.names"))
		}
	}
	return caveats
}

// tooLong tells of a permission that nobody will be asked again for a long time. The
// last day is not counted: from 1 June to 1 June is a whole number of years.
func tooLong(key string, a scanner.Authorisation, now time.Time) (caveats settings.Faults) {
	from := a.From
	if from.IsZero() {
		from = now
	}
	if a.Until.IsZero() || !a.Until.AddDate(0, 0, -1).After(from.AddDate(longest, 0, 0)) {
		return nil
	}
	caveats.Add(key,
		settings.Say("l'autorisation dure plus de %d ans", "the authorisation lasts more than %d years", longest),
		settings.Say("écrivez un dernier jour plus proche, puis faites renouveler l'autorisation : la personne qui la donne peut changer", "write a nearer last day, then have the authorisation renewed: whoever gives it may change"))
	return caveats
}

// idleExclusions are those that can be seen to exclude nothing.
func idleExclusions(s scanner.Scope) (caveats settings.Faults) {
	for i, entry := range s.ExcludedNames {
		below, wild := strings.CutPrefix(entry, "*.")
		touches := func(pattern string) bool {
			plain, many := strings.CutPrefix(pattern, "*.")
			return strings.HasSuffix("."+plain, "."+below) || many && strings.HasSuffix("."+below, "."+plain)
		}
		if wild && len(s.Names) > 0 && !slices.ContainsFunc(s.Names, touches) {
			caveats.Add("scope.excluded_names"+settings.At(i),
				settings.Say("%s n'exclut aucun nom du périmètre", "%s excludes no name of the scope", entry),
				settings.Say("corrigez ce nom, ou écrivez sous scope.excluded les adresses à ne jamais contacter", "correct this name, or write under scope.excluded the addresses never to be contacted"))
		}
	}
	for i, entry := range s.Excluded {
		if len(s.Ranges) > 0 && !slices.ContainsFunc(s.Ranges, func(r netip.Prefix) bool { return r.Overlaps(entry) }) {
			caveats.Add("scope.excluded"+settings.At(i),
				settings.Say("%s n'exclut aucune adresse du périmètre", "%s excludes no address of the scope", entry),
				settings.Say("corrigez cette plage, si elle devait en exclure", "correct this range, if it was meant to exclude some"))
		}
	}
	return caveats
}

// idleRedirects lead to addresses that the scope excludes.
func idleRedirects(s scanner.Scope, redirects []config.Redirect) (caveats settings.Faults) {
	for i, r := range redirects {
		addr, err := netip.ParseAddr(r.To)
		if at, errPort := netip.ParseAddrPort(r.To); err != nil && errPort == nil {
			addr, err = at.Addr(), nil
		}
		if err != nil {
			continue // which Validate refuses
		}
		if entry := excludedBy(s, addr.Unmap().String()); entry != "" {
			caveats.Add("network.redirects"+settings.At(i),
				settings.Say("l'adresse %s est exclue par %s : rien n'y est contacté", "address %s is excluded by %s: nothing is contacted there", addr, entry),
				settings.Say("retirez cette redirection, ou réduisez l'exclusion", "remove this redirect, or make the exclusion smaller"))
		}
	}
	return caveats
}

// idlePortals are those of hosts that nobody looks at: what is declared of them, their
// second factor among it, is not judged.
func idlePortals(c config.Config) (caveats settings.Faults) {
	declared, err := sources.DeclaredTargets(c.Targets)
	if err != nil {
		return nil // which Validate refuses
	}
	for i, p := range c.Targets.Portals {
		host, _, err := hostname.ParseEndpoint(p.Address)
		looked := func(d sources.Declared) bool {
			return d.Host() == host && (d.Kind == scanner.KindHost || d.Kind == scanner.KindSite)
		}
		if err == nil && !slices.ContainsFunc(declared, looked) {
			caveats.Add("targets.portals"+settings.At(i)+".address",
				settings.Say("la machine %s n'est pas examinée : ce portail n'est pas jugé", "host %s is not looked at: this portal is not judged", host),
				settings.Say("ajoutez-la à targets.hosts", "add it to targets.hosts"))
		}
	}
	return caveats
}

// unfoundExclusions tells, once a run has begun, of the excluded names that lead
// nowhere and of those that keep everything from being contacted.
func unfoundExclusions(s scanner.Scope, found []door.Exclusion) (caveats settings.Faults) {
	for _, e := range found {
		key := "scope.excluded_names" + settings.At(slices.Index(s.ExcludedNames, e.Name))
		switch {
		case e.Err != nil:
			caveats.Add(key,
				settings.Say("les adresses de %s n'ont pas pu être cherchées : rien n'est contacté sans les connaître", "the addresses of %s could not be found out: nothing is contacted without knowing them", e.Name),
				settings.Say("rétablissez la réponse du DNS pour ce nom, ou remplacez-le par ses adresses sous scope.excluded", "make the DNS answer for this name again, or replace it by its addresses under scope.excluded"))
		case len(e.Addresses) == 0:
			caveats.Add(key,
				settings.Say("%s n'a pas d'adresse et n'est le nom d'aucune cible : il n'exclut rien", "%s has no address and is the name of no target: it excludes nothing", e.Name),
				settings.Say("vérifiez comment il s'écrit, ou écrivez ses adresses sous scope.excluded", "check how it is written, or write its addresses under scope.excluded"))
		}
	}
	return caveats
}

// sealed are caveats as a run keeps them, without the place of a file.
func sealed(caveats settings.Faults) []scanner.Caveat {
	var list []scanner.Caveat
	for _, d := range caveats[:min(len(caveats), mostCaveats)] {
		list = append(list, scanner.Caveat{Key: d.Key, What: d.What.Typeset(), Hint: d.Hint.Typeset()})
	}
	return list
}

// mostCaveats is how many a run keeps.
const mostCaveats = 50
