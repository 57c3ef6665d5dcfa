// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os"
	"path/filepath"
	"testing"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
)

// TestFlagAndFileReadTheSameDay holds that a day means the same in --authorised-until
// as in agent.yaml.
func TestFlagAndFileReadTheSameDay(t *testing.T) {
	for _, day := range []string{"2027-06-01", "01/06/2027", "2027-06-01T18:00:00+02:00"} {
		file := filepath.Join(t.TempDir(), "agent.yaml")
		if err := os.WriteFile(file, []byte("scope: {authorisation: {by: DG, until: "+day+"}}"), 0o600); err != nil {
			t.Fatal(err)
		}
		written, err := config.Load(file, sources.Sections())
		if err != nil {
			t.Fatal(err)
		}
		typed, err := selection{authorisedBy: "DG", authorisedUntil: day}.authorise(config.Default(sources.Sections()))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := written.Scope.Authorisation.Until, typed.Scope.Authorisation.Until; !a.Equal(b) || a.IsZero() {
			t.Errorf("%s: %s in the file, %s on the command line", day, a, b)
		}
	}
	for _, wrong := range []selection{{authorisedBy: "DG"}, {authorisedUntil: "2027-06-01"}, {authorisedBy: "DG", authorisedUntil: "demain"}} {
		if _, err := wrong.authorise(config.Default(sources.Sections())); err == nil {
			t.Errorf("%+v was accepted", wrong)
		}
	}
}
