// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// told runs a command and returns its exit code and all that it says.
func told(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	code = run(t.Context(), args, &out, &out)
	return code, out.String()
}

// TestMigrateTo moves a region as a person does, from the folder to a new database.
func TestMigrateTo(t *testing.T) {
	to, unmoved := storetest.Empty(t), storetest.Fresh(t)
	r := regiontest.NewJudging(t)
	a := r.Enrol(r.Establishment("690000013", "CHU A").FINESS)
	a.Deliver(regiontest.Looked(t, a.Site, time.Now().UTC().Add(-time.Hour), scanner.VantageInternet, fact.TransferDelivered))
	move := []string{"migrate", "--data", r.Folder, "--to", to.Address, "--database-tls", "off"}
	release, err := cli.Claim(r.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if code, said := told(t, move...); code != 2 || !strings.Contains(said, "erreur") {
		t.Errorf("while it is served: code %d, %s", code, said)
	}
	release()
	steps := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"another owner", append(move, "--database-owner", "nobody", "--lang", "en"), 2, "the PostgreSQL database cannot be opened"},
		{"not moved yet", append(storetest.Flags(store.Place{Folder: r.Folder, Postgres: unmoved}), "doctor"), 2, "n'a pas été déplacée"},
		{"moved", move, 0, "1 dossiers vérifiés"},
		{"twice", move, 2, "la base d'arrivée contient déjà quelque chose"},
		{"doctor", append(storetest.Flags(store.Place{Folder: r.Folder, Postgres: to}), "doctor"), 0, "Cloisonnement des établissements"},
		{"migrate", append(storetest.Flags(store.Place{Folder: r.Folder, Postgres: to}), "migrate"), 0, "Version du schéma"},
		{"with a password", []string{"doctor", "--data", r.Folder, "--database-address", "postgres://carescan:hush@db.example/carescan"}, 2, "contient un mot de passe"},
		{"over a network", []string{"doctor", "--data", r.Folder, "--database-address", "postgres://carescan@db.example/carescan", "--database-tls", "off"}, 2, "en clair"},
	}
	for _, step := range steps {
		code, said := told(t, step.args...)
		said = strings.ReplaceAll(strings.ReplaceAll(said, "\u00a0", " "), "’", "'")
		if code != step.code || !strings.Contains(said, step.want) || strings.Contains(said, "hush") {
			t.Errorf("%s: code %d, want %d and %q:\n%s", step.name, code, step.code, step.want, said)
		}
	}
}

// TestWrongDatabases has start be refused with the command that mends it.
func TestWrongDatabases(t *testing.T) {
	cases := map[string]struct {
		spoil []string // statements of a superuser
		empty bool
		want  []string
	}{
		"no-schema":  {empty: true, want: []string{"carescan-aggregator migrate"}},
		"old-schema": {spoil: []string{"DELETE FROM goose_db_version WHERE version_id > 7"}, want: []string{"carescan-aggregator migrate"}},
		"superuser":  {spoil: []string{"ALTER ROLE carescan SUPERUSER"}, want: []string{"échappe au cloisonnement", "CREATE ROLE carescan LOGIN NOSUPERUSER NOBYPASSRLS"}},
		"bypass":     {spoil: []string{"ALTER ROLE carescan BYPASSRLS"}, want: []string{"échappe au cloisonnement"}},
		"owner":      {spoil: []string{"GRANT carescan_owner TO carescan"}, want: []string{"échappe au cloisonnement", "carescan_owner"}},
		"unguarded":  {spoil: []string{"ALTER TABLE finding NO FORCE ROW LEVEL SECURITY"}, want: []string{"ne sont pas cloisonnées", "finding", "carescan_guard"}},
	}
	mend := []string{"ALTER ROLE carescan NOSUPERUSER NOBYPASSRLS", "REVOKE carescan_owner FROM carescan"}
	for name, c := range cases {
		t.Run(name+"/postgres", func(t *testing.T) {
			r := regiontest.New(t)
			place := r.Place
			if c.empty {
				place.Postgres = storetest.Empty(t)
			}
			past := storetest.Past(t, r.Place)
			t.Cleanup(func() {
				for _, statement := range mend {
					if _, err := past.Exec(statement); err != nil {
						t.Error(err)
					}
				}
			})
			for _, statement := range c.spoil {
				if _, err := past.Exec(statement); err != nil {
					t.Fatal(err)
				}
			}
			code, said := told(t, append(storetest.Flags(place), "doctor")...)
			if code != 2 {
				t.Errorf("code %d: %s", code, said)
			}
			for _, words := range c.want {
				if !strings.Contains(said, words) {
					t.Errorf("it does not say %q: %s", words, said)
				}
			}
		})
	}
}
