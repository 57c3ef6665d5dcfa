// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"fmt"
	"strings"
	"time"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// scopeOf is the scope a configuration declares.
func scopeOf(c config.Config) scanner.Scope {
	return scanner.Scope{
		Names: c.Scope.Names, Ranges: c.Scope.Ranges,
		Excluded: c.Scope.Excluded, ExcludedNames: c.Scope.ExcludedNames,
		Authorisation: authorisationOf(c.Scope.Authorisation),
	}
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
				Cause:    err,
			}
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
		if err == nil && under(hostOf(target), name) {
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
		if host, _, err := (scanner.Target{Kind: scanner.KindService, ID: service}).HostPort(); err == nil && under(host, name) {
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
func requireAuthority(plan scanner.Plan, now time.Time) error {
	s := plan.Scope
	if len(s.Names) == 0 && len(s.Ranges) == 0 {
		return &cli.Problem{
			Sentence: scanner.Text{FR: "aucun périmètre n'est déclaré : rien ne sera contacté", EN: "no scope is declared: nothing will be contacted"},
			Hint: scanner.Text{
				FR: "déclarez scope.names (et scope.ranges) dans agent.yaml, ou utilisez --domain avec --authorised-by et --authorised-until",
				EN: "declare scope.names (and scope.ranges) in agent.yaml, or use --domain with --authorised-by and --authorised-until",
			},
		}
	}
	if !s.Authorisation.ValidAt(now) {
		return unauthorised(s.Authorisation, now)
	}
	return requireTargetsInScope(plan)
}

func unauthorised(a scanner.Authorisation, now time.Time) error {
	problem := &cli.Problem{Hint: scanner.Text{
		FR: "indiquez la fonction de la personne qui autorise et la date de fin : scope.authorisation.by et .until, ou --authorised-by et --authorised-until",
		EN: "say by whose function it is allowed and until when: scope.authorisation.by and .until, or --authorised-by and --authorised-until",
	}}
	switch {
	case a.By == "" || a.Until.IsZero():
		problem.Sentence = scanner.Text{FR: "le périmètre n'est pas autorisé", EN: "the scope is not authorised"}
	case now.Before(a.From):
		day := a.From.In(settings.Zone).Format(time.DateOnly)
		problem.Sentence = scanner.Text{FR: "l'autorisation ne commence que le " + day, EN: "the authorisation only begins on " + day}
	default:
		day := settings.LastDay(a.Until).Format(time.DateOnly)
		problem.Sentence = scanner.Text{FR: "l'autorisation a expiré le " + day, EN: "the authorisation expired on " + day}
	}
	return problem
}

// requireTargetsInScope catches a slip of the configuration before anything is
// sent: every declared name must be inside the declared scope.
func requireTargetsInScope(plan scanner.Plan) error {
	for _, task := range plan.Tasks {
		host := hostOf(task.Target)
		if host == "" || plan.Scope.HasName(host) || inRange(plan.Scope, host) {
			continue
		}
		return &cli.Problem{
			Sentence: scanner.Text{
				FR: fmt.Sprintf("la cible %s est en dehors du périmètre autorisé", host),
				EN: fmt.Sprintf("target %s is outside the authorised scope", host),
			},
			Hint: scanner.Text{
				FR: "ajoutez-la à scope.names si elle vous appartient, ou retirez-la de targets",
				EN: "add it to scope.names if it is yours, or remove it from targets",
			},
		}
	}
	return nil
}
