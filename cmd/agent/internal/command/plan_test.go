// SPDX-License-Identifier: Apache-2.0

package command

import (
	"regexp"
	"testing"

	"carescan/cmd/internal/cli"
)

func TestPlanShowsWhatEachProbeNeeds(t *testing.T) {
	file := writeConfiguration(t, `targets: {domains: [chu.test]}
directories: [{id: ad, url: "ldaps://127.0.0.1:1", bind_dn: a, base_dn: b, password_file: p.txt}]
attestations: a.yaml`, nil)
	for lang, lines := range map[string][]string{
		"fr": {`dns +résolveurs DNS, serveurs du domaine, registre du domaine, cible +l'intérieur`, `directory +cible +l'intérieur +un compte ordinaire.* secret \S+p\.txt`, `attestation +personne +vos déclarations +fichier \S+a\.yaml`},
		"en": {`dns +DNS resolvers, servers of the domain, registry of the domain, target +inside`, `directory +target +inside +an ordinary account.* secret \S+p\.txt`, `attestation +nobody +your statements +file \S+a\.yaml`},
	} {
		code, said := invoke(t, "plan", "--config", file, "--lang", lang)
		if code != cli.ExitOK {
			t.Fatalf("plan ended with %d:\n%s", code, said)
		}
		for _, line := range lines {
			if !regexp.MustCompile(line).MatchString(said) {
				t.Errorf("plan in %s does not show %q:\n%s", lang, line, said)
			}
		}
		if regexp.MustCompile(`(?m)^accounts `).MatchString(said) {
			t.Errorf("plan shows what a probe that would not run needs:\n%s", said)
		}
	}
}

// TestPlanShowsTheRate holds what is shown to what the door keeps, defaults included.
func TestPlanShowsTheRate(t *testing.T) {
	for setting, lines := range map[string]map[string]string{
		"": {
			"fr": `débit +1 par seconde vers une adresse, connexions ouvertes et requêtes de toutes les sondes ensemble.; connexions en même temps.: 2 au plus.; paquets UDP.: 5 par seconde`,
			"en": `rate +1 per second to one address, connections begun and requests of all probes together; connections at once: 2 at most; UDP packets: 5 per second`,
		},
		"request_rate: 0.5, concurrent_per_host: 1": {"fr": `débit +0,5 par seconde .*: 1 au plus.; paquets UDP.: 2,5 par`, "en": `rate +0.5 per second .*: 1 at most; UDP packets: 2.5 per`},
	} {
		file := writeConfiguration(t, `targets: {domains: [chu.test]}
network: {resolvers: ["127.0.0.1:9"], `+setting+"}\n", nil)
		for lang, line := range lines {
			code, said := invoke(t, "plan", "--config", file, "--lang", lang)
			if code != cli.ExitOK || !regexp.MustCompile(line).MatchString(said) {
				t.Errorf("plan in %s of %q ended with %d and does not show %q:\n%s", lang, setting, code, line, said)
			}
		}
	}
}
