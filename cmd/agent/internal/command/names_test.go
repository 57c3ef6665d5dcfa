// SPDX-License-Identifier: Apache-2.0

package command

import (
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
)

// planned invokes plan in French, and gives the lines that name a probe and a target.
func planned(t *testing.T, yaml string) []string {
	t.Helper()
	code, said := invoke(t, "plan", "--config", writeConfiguration(t, yaml, nil), "--lang", "fr")
	if code != cli.ExitOK {
		t.Fatalf("plan ended with %d:\n%s", code, said)
	}
	var looks []string
	for line := range strings.Lines(said) {
		if fields := strings.Fields(line); len(fields) == 4 && strings.ContainsAny(fields[1], ".:") {
			looks = append(looks, fields[0]+" "+fields[1])
		}
	}
	return looks
}

// TestPlanLooksOnceAtATargetWrittenTwice: names have no case (RFC 4343 section 2), a
// final dot adds nothing to them, nor its own port to a scheme (RFC 3986 section 6.2.3).
func TestPlanLooksOnceAtATargetWrittenTwice(t *testing.T) {
	looks := planned(t, `targets: {domains: [chu.test, "CHU.test."], sites: ["https://irm-1.chu.test", "https://IRM-1.chu.test:443/"], services: ["irm-1.chu.test:443", "IRM-1.CHU.TEST:443"], hosts: ["2001:DB8::1", "2001:db8:0::1"]}
scope: {names: [chu.test, "*.chu.test"], ranges: ["2001:db8::/64"], authorisation: {by: RSSI, until: 2099-01-01}}`)
	count := map[string]int{}
	for _, look := range looks {
		count[look]++
	}
	for _, look := range []string{"dns chu.test", "http https://irm-1.chu.test", "tls irm-1.chu.test:443/tcp", "services 2001:db8::1"} {
		if count[look] != 1 {
			t.Errorf("%s is planned %d times, want once, in\n%s", look, count[look], strings.Join(looks, "\n"))
		}
	}
	for look, times := range count {
		if times != 1 || look != strings.ToLower(look) {
			t.Errorf("%s is planned %d times", look, times)
		}
	}
}

// TestPlanAcceptsNamesInUse: any label is one of the DNS (RFC 2181 section 11), and the
// Unicode form of a name is that name (RFC 5890 section 2.3.2.1).
func TestPlanAcceptsNamesInUse(t *testing.T) {
	looks := planned(t, `scope: {names: [chu.test, "*.chu.test", "hôpital.test", "*.HÔPITAL.test."], authorisation: {by: RSSI, until: 2099-01-01}}
targets: {domains: ["hôpital.test"], hosts: [pc_radio1.chu.test, r2---portail.chu.test, "irm.hôpital.test"]}`)
	for _, want := range []string{"services pc_radio1.chu.test", "services r2---portail.chu.test", "dns xn--hpital-ixa.test", "services irm.xn--hpital-ixa.test"} {
		if !strings.Contains(strings.Join(looks, "\n")+"\n", want+"\n") {
			t.Errorf("%s is not planned, only\n%s", want, strings.Join(looks, "\n"))
		}
	}
}

// TestCaveatsAreShown holds that plan and doctor tell what has no effect, or is more
// than was probably meant, at its line.
func TestCaveatsAreShown(t *testing.T) {
	for name, test := range map[string]struct{ yaml, place, fr, en string }{
		"authorisation-of-many-years": {`scope: {names: [chu.test], authorisation: {by: DG, until: 2099-01-01}}`, "scope.authorisation.until", "dure plus de 2 ans", "lasts more than 2 years"},
		"authorisation-of-a-day-more": {`scope: {names: [chu.test], authorisation: {by: DG, from: 2026-01-01, until: 2028-01-02}}`, "scope.authorisation.until", "dure plus de 2 ans", "lasts more than 2 years"},
		"intrusive-of-many-years":     {`intrusive: {by: DG, until: 2099-01-01}`, "intrusive.until", "dure plus de 2 ans", "lasts more than 2 years"},
		"whole-ending":                {`scope: {names: ["*.lan"], authorisation: {by: DG, from: 2026-01-01, until: 2027-12-31}}`, "scope.names[0]", "tous les noms d'une terminaison", "every name of a whole ending"},
		"pattern-of-elsewhere":        {`scope: {names: ["*.chu.test"], excluded_names: ["*.chu.tset"], authorisation: {by: DG, until: 2027-12-31}}`, "scope.excluded_names[0]", "n'exclut aucun nom du périmètre", "excludes no name of the scope"},
		"range-of-elsewhere":          {`scope: {names: ["*.chu.test"], ranges: [192.0.2.0/24], excluded: [192.0.3.0/28], authorisation: {by: DG, until: 2027-12-31}}`, "scope.excluded[0]", "n'exclut aucune adresse", "excludes no address"},
		"redirect-to-an-exclusion":    {"scope: {names: [chu.test], excluded: [192.0.2.0/24], authorisation: {by: DG, until: 2027-12-31}}\nnetwork: {resolvers: [\"127.0.0.1:9\"], redirects: [{from: \"chu.test:443\", to: \"192.0.2.1:443\"}]}", "network.redirects[0]", "l'adresse 192.0.2.1 est exclue par scope.excluded[0]", "address 192.0.2.1 is excluded by scope.excluded[0]"},
		"portal-of-nobody":            {`targets: {hosts: [a.chu.test], portals: [{address: "VPN.chu.test:443", kind: vpn}]}`, "targets.portals[0].address", "vpn.chu.test n'est pas examinée", "vpn.chu.test is not looked at"},
		"mail-of-elsewhere":           {`mail: [{domain: chu.tset, selectors: [a]}]`, "mail[0].domain", "chu.tset n'est pas dans le périmètre", "chu.tset is not in the scope"},
	} {
		t.Run(name, func(t *testing.T) {
			file := writeConfiguration(t, test.yaml, nil)
			for _, command := range []string{"plan", "doctor"} {
				for lang, words := range map[string]string{"fr": test.fr, "en": test.en} {
					code, said := invoke(t, command, "--config", file, "--lang", lang)
					said = strings.ReplaceAll(said, "\u00a0", " ")
					if code != cli.ExitOK || !strings.Contains(said, words) || !strings.Contains(said, test.place) {
						t.Errorf("%s in %s ended with %d and does not say %q at %s:\n%s", command, lang, code, words, test.place, said)
					}
				}
			}
		})
	}
	fine := writeConfiguration(t, `scope: {names: [chu.test, "*.chu.test"], excluded_names: ["irm.chu.test", "*.prive.chu.test", "*.irm.chu.test"], authorisation: {by: DG, from: 2026-01-01, until: 2028-01-01}}
targets: {hosts: [vpn.chu.test], portals: [{address: "VPN.chu.test.:443", kind: vpn}]}`, nil)
	for _, command := range []string{"plan", "doctor"} {
		_, said := invoke(t, command, "--config", fine, "--lang", "fr")
		if strings.Contains(said, "réserve") || strings.Contains(said, "plus de 2 ans") || !strings.Contains(said, "irm.chu.test\u00a0: aucune cible n'a ce nom") {
			t.Errorf("%s of a plain configuration:\n%s", command, said)
		}
	}
}
