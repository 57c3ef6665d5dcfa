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
