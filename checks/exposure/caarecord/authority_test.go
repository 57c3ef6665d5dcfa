// SPDX-License-Identifier: Apache-2.0

package caarecord

import (
	"strings"
	"testing"
)

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		issuer, listed string
		known, want    bool
	}{
		{"Let's Encrypt", "letsencrypt.org", true, true},
		{"GEANT Vereniging", "sectigo.com", true, true},
		{"DigiCert, Inc.", "www.digicert.com", true, true},
		{"DHIMYOTIS", "letsencrypt.org", true, false},
		{"Let's Encrypt", "notletsencrypt.org", true, false},
		{"Autorité de l'hôpital", "letsencrypt.org", false, false},
		{"", "letsencrypt.org", false, false},
	} {
		names := namesOf(c.issuer)
		if (len(names) > 0) != c.known || allowed(names, []string{c.listed}) != c.want {
			t.Errorf("%q and %q: names %q", c.issuer, c.listed, names)
		}
	}
}

// TestAuthoritiesAreWritten holds what the comparison relies on.
func TestAuthoritiesAreWritten(t *testing.T) {
	for _, a := range authorities {
		if a.organisation != strings.ToLower(a.organisation) || len(a.names) == 0 {
			t.Errorf("%+v", a)
		}
		for _, name := range a.names {
			if (Property{Tag: "issue", Value: name}).malformed() || name != strings.ToLower(name) {
				t.Errorf("%s cannot stand in a CAA record", name)
			}
		}
	}
}
