// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"testing"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// RowSecurityAlone has row security show one establishment, whatever scope is set: a
// reader of the region is then held by nothing else.
func RowSecurityAlone(t testing.TB, p store.Place, finess scanner.FINESS) {
	t.Helper()
	alter(t, p, `CREATE OR REPLACE FUNCTION carescan_sees(site TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT site = ''`+string(finess)+`'''`)
}

// NoRowSecurity takes row security away, so that the predicates of queries alone hold a
// reader. SQLite never has any.
func NoRowSecurity(t testing.TB, p store.Place) {
	t.Helper()
	if p.Postgres == nil {
		return
	}
	alter(t, p, `DO $$ DECLARE guarded REGCLASS; BEGIN
		FOR guarded IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
			EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', guarded);
		END LOOP; END $$`)
}

func alter(t testing.TB, p store.Place, statement string) {
	t.Helper()
	if _, err := Past(t, p).ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// ofRegion are the tables that hold nothing of one establishment, each with what it holds.
// Every other table must be guarded.
var ofRegion = map[string]string{
	"app_user":         "people of the region",
	"role_binding":     "what people may do, and where",
	"passkey":          "by which device people sign in",
	"recovery_code":    "what stands in for a device that was lost",
	"identity":         "whom the identity provider names",
	"api_token":        "by which programs read in the stead of people",
	"log_node":         "the nodes of the log, which are digests",
	"log_checkpoint":   "what the region signed of the log",
	"log_stamp":        "who time-stamped that",
	"one_time_link":    "how people begin",
	"session":          "who is signed in",
	"sign_in_attempt":  "who tries to sign in",
	"usual_origin":     "where people sign in from",
	"upkeep":           "what is left to be done after an upgrade",
	"round":            "what the region does on a rhythm",
	"wording":          "the texts of checks, alike everywhere",
	"profile_ref":      "the names of profiles, alike everywhere",
	"goose_db_version": "the version of the schema",
	"erasure":          "records of erasures, which name nobody",
}

// OfRegion tells whether a table holds nothing of one establishment.
func OfRegion(table string) bool { return ofRegion[table] != "" }
