// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"strings"
	"testing"

	"carescan/cmd/aggregator/internal/store"
)

func TestParsePostgres(t *testing.T) {
	cases := map[string]struct {
		address string
		refused string // empty when it is accepted
		local   bool
	}{
		"server":          {"postgres://carescan@db.example:5432/carescan", "", false},
		"loopback":        {"postgres://carescan@127.0.0.1/carescan", "", true},
		"socket":          {"postgres://carescan@/carescan?host=/run/postgresql", "", true},
		"password":        {"postgres://carescan:hush@db.example/carescan", "password", false},
		"password-apart":  {"postgres://carescan@db.example/carescan?password=hush", "password", false},
		"options":         {"postgres://carescan@db.example/carescan?sslmode=disable", "question mark", false},
		"two-servers":     {"postgres://carescan@db.example/carescan?host=other.example", "question mark", false},
		"no-role":         {"postgres://db.example/carescan", "role", false},
		"no-database":     {"postgres://carescan@db.example/", "database", false},
		"no-server":       {"postgres://carescan@/carescan", "server", false},
		"another-program": {"mysql://carescan@db.example/carescan", "postgres://", false},
		"broken":          {"postgres://carescan:hush@[/carescan", "not an address", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, err := store.ParsePostgres(c.address)
			switch {
			case c.refused == "" && (err != nil || p.Local() != c.local):
				t.Errorf("local %v, want %v: %v", p.Local(), c.local, err)
			case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
				t.Errorf("error %v, want one about %q", err, c.refused)
			case err != nil && strings.Contains(err.Error(), "hush"):
				t.Errorf("the error repeats the password: %v", err)
			}
		})
	}
}

func FuzzParsePostgres(f *testing.F) {
	for _, seed := range []string{"postgres://a@b/c", "postgres://a@/c?host=/run", "postgres://a:b@c/d", "postgres://a@[::1]:5/d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		p, err := store.ParsePostgres(address)
		if err == nil && p.Address != address {
			t.Errorf("%q was read as %q", address, p.Address)
		}
		p.Local()
	})
}
