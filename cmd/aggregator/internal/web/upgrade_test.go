// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/storetest"
)

// TestPeopleOfAnOlderRegion hold the roles that let them do what they could, and an
// administrator becomes that of the region.
func TestPeopleOfAnOlderRegion(t *testing.T) { storetest.Each(t, tryPeopleOfAnOlderRegion) }

func tryPeopleOfAnOlderRegion(t *testing.T) {
	r := regiontest.New(t)
	r.Establishment(siteA, "CHU de la Montagne")
	past := storetest.Past(t, r.Place)
	dialect, folder := goose.DialectSQLite3, "../store/migrations/sqlite"
	if storetest.OnPostgres(t) {
		dialect, folder = goose.DialectPostgres, "../store/migrations/postgres"
	}
	provider, err := goose.NewProvider(dialect, past, os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), 9); err != nil {
		t.Fatal(err)
	}
	for id, held := range map[string]string{"a": "TRUE, '*'", "b": "FALSE, '*'", "c": "FALSE, '" + string(siteA) + "'"} {
		if _, err := past.ExecContext(t.Context(), `INSERT INTO app_user (id, name, email, created_at, admin, scope) VALUES ($1, $1, $1, 1, `+held+`)`, id); err != nil {
			t.Fatal(err)
		}
	}
	if storetest.OnPostgres(t) {
		err = r.Postgres.Migrate(t.Context()) // as the owner, whose tables the application may use
	} else {
		_, err = provider.Up(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, id := range []string{"a", "b", "c"} {
		bindings, err := r.Store.Bindings(t.Context(), id, time.Now())
		if err != nil || len(bindings) != 1 || access.Check(bindings[0]) != nil {
			t.Fatalf("%s holds %+v: %v", id, bindings, err)
		}
		got[id] = bindings[0].Role + " of " + bindings[0].Scope.String()
	}
	want := map[string]string{"a": "administrator of *", "b": "analyst of *", "c": "reader of " + string(siteA)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if u, err := r.Store.User(t.Context(), "a"); err != nil || !u.DisabledAt.IsZero() || u.Emergency {
		t.Errorf("user %+v: %v", u, err)
	}
}
