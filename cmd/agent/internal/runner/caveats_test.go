// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/agent/internal/door"
	"carescan/scanner"
)

func TestUnfoundExclusions(t *testing.T) {
	scope := scanner.Scope{ExcludedNames: []string{"irm.chu.test", "*.prive.chu.test", "irn.chu.test", "perdu.chu.test"}}
	var got []string
	for _, c := range sealed(unfoundExclusions(scope, []door.Exclusion{
		{Name: "irm.chu.test", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}},
		{Name: "irn.chu.test"},
		{Name: "perdu.chu.test", Err: errors.New("SERVFAIL")},
	})) {
		got = append(got, c.Sentence().FR)
	}
	want := []string{
		"scope.excluded_names[2]\u00a0: irn.chu.test n'a pas d'adresse et n'est le nom d'aucune cible\u00a0: il n'exclut rien. Vérifiez comment il s'écrit, ou écrivez ses adresses sous scope.excluded.",
		"scope.excluded_names[3]\u00a0: les adresses de perdu.chu.test n'ont pas pu être cherchées\u00a0: rien n'est contacté sans les connaître. Rétablissez la réponse du DNS pour ce nom, ou remplacez-le par ses adresses sous scope.excluded.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("caveats (-want +got):\n%s", diff)
	}
}
