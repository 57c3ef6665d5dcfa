// SPDX-License-Identifier: Apache-2.0

package journey

import (
	"bytes"
	"database/sql"
	"debug/buildinfo"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"
	_ "modernc.org/sqlite" // reads the aggregator's database from outside

	"carescan/reports/bundle"
	"carescan/scanner"
	"carescan/scanner/scannertest"
)

// fault is what must agree everywhere: which check fails on what, and why.
type fault struct{ Check, Target, Reason string }

// TestHospital follows the synthetic hospital's faults through the JSON report,
// the spreadsheet, the sealed bundle and the aggregator's database.
func TestHospital(t *testing.T) {
	config := hospital(t)
	r := newRegion(t)
	r.serve(t)
	r.welcome(t, finess, "CHU Exemple", config)
	health := run(t, 0, programs.agent, "doctor", "--config", config, "--lang", "en")
	if !regexp.MustCompile(`(?m)^good +file ` + regexp.QuoteMeta(programs.templates) + ` +read$`).MatchString(health) {
		t.Errorf("the agent does not recognise the program built with it:\n%s", health)
	}
	out := filepath.Join(t.TempDir(), "reports")
	run(t, 1, programs.agent, "scan", "--config", config, "--send", "--quiet", "--format", "json,html,csv,dossier", "--out", out)

	manifest := readManifest(t, filepath.Join(filepath.Dir(config), "manifest.json"))
	report := readReport(t, filepath.Join(out, "rapport.json"))
	sealed := readBundle(t, out)
	want := faultsOf(manifest.Faults)
	same(t, "report", want, failing(report.Run.Findings))
	same(t, "bundle", want, failing(sealed.Run.Findings))
	same(t, "database", want, failingInDatabase(t, r.data))
	same(t, "unknowns", faultsOf(manifest.Unknowns), withOutcome(sealed.Run.Findings, scanner.Inconclusive))

	count := sealed.Run.CountFindings()
	if got := countInCSV(t, filepath.Join(out, "constats.csv")); got != len(sealed.Run.Findings) {
		t.Errorf("the spreadsheet has %d findings, the bundle %d", got, len(sealed.Run.Findings))
	}
	if got := countInPage(t, filepath.Join(out, "rapport.html")); got != count[scanner.Fail] {
		t.Errorf("the report shows %d failures, the bundle %d", got, count[scanner.Fail])
	}
	if got := countInDatabase(t, r.data); cmp.Diff(count, got) != "" {
		t.Errorf("database counts %v, bundle %v", got, count)
	}
	noNamesUp(t, sealed, out, filepath.Dir(config))
	validReport(t, filepath.Join(out, "rapport.json"))
	everyByteCounts(t, bundleFile(t, out))
}

// validReport holds the JSON of a real scan against the published schema.
func validReport(t *testing.T, path string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../../../docs/schema/report-1.json")
	if err != nil {
		t.Fatal(err)
	}
	var document any
	readJSON(t, path, &document)
	if err := schema.Validate(document); err != nil {
		t.Error(err)
	}
}

// everyByteCounts changes each byte of the real bundle in turn: every change
// must be found, and a part named. The cores share the work.
func everyByteCounts(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() { bytesCount(t, slices.Clone(raw), w, workers) })
	}
	all.Wait()
	t.Logf("each of %d bytes was changed and found", len(raw))
}

// bytesCount changes one byte in so many, from the first on.
func bytesCount(t *testing.T, raw []byte, first, step int) {
	for i := first; i < len(raw); i += step {
		raw[i] ^= 1 << (i % 8)
		_, err := bundle.Open(raw, bundle.Options{})
		if part, ok := errors.AsType[*bundle.PartError](err); !ok || part.Part == "" {
			t.Errorf("byte %d of %d was changed and verify says %v", i, len(raw), err)
			return
		}
		raw[i] ^= 1 << (i % 8)
	}
}

// TestOnlyTheTemplateProgramLinksNuclei reads the modules out of the real binaries.
func TestOnlyTheTemplateProgramLinksNuclei(t *testing.T) {
	for program, want := range map[string]bool{programs.agent: false, programs.templates: true, programs.lab: false, programs.aggregator: false} {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		linked := slices.ContainsFunc(info.Deps, func(m *debug.Module) bool { return strings.Contains(m.Path, "projectdiscovery/nuclei") })
		if linked != want {
			t.Errorf("%s links nuclei: %t, want %t", filepath.Base(program), linked, want)
		}
	}
}

func same(t *testing.T, where string, want, got []fault) {
	t.Helper()
	byText := cmpopts.SortSlices(func(a, b fault) bool { return a.Check+a.Target+a.Reason < b.Check+b.Target+b.Reason })
	if diff := cmp.Diff(want, got, byText); diff != "" || len(want) == 0 {
		t.Errorf("%s does not agree with the manifest (-manifest +%s):\n%s", where, where, diff)
	}
}

func faultsOf(list []scannertest.Fault) []fault {
	var faults []fault
	for _, f := range list {
		faults = append(faults, fault{f.Check, f.Target.Key(), f.Reason})
	}
	return faults
}

func failing(findings []scanner.Finding) []fault { return withOutcome(findings, scanner.Fail) }

func withOutcome(findings []scanner.Finding, o scanner.Outcome) []fault {
	var faults []fault
	for _, f := range findings {
		if f.Outcome == o {
			faults = append(faults, fault{f.Check, f.Target.Key(), f.Reason})
		}
	}
	return faults
}

func readManifest(t *testing.T, path string) (m scannertest.Manifest) {
	t.Helper()
	readJSON(t, path, &m)
	return m
}

type report struct {
	Run scanner.Run `json:"run"`
}

func readReport(t *testing.T, path string) (r report) {
	t.Helper()
	readJSON(t, path, &r)
	return r
}

func readJSON(t *testing.T, path string, value any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, value)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func bundleFile(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"+bundle.Extension))
	if err != nil || len(files) != 1 {
		t.Fatalf("bundles in %s: %v, %v, want one", folder, files, err)
	}
	return files[0]
}

func readBundle(t *testing.T, folder string) *bundle.Opened {
	t.Helper()
	raw, err := os.ReadFile(bundleFile(t, folder))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := bundle.Open(raw, bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func database(t *testing.T, data string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "carescan.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func failingInDatabase(t *testing.T, data string) []fault {
	t.Helper()
	rows, err := database(t, data).QueryContext(t.Context(), `
		SELECT detail FROM finding
		JOIN finding_look ON finding_look.finess = finding.finess AND finding_look.fp = finding.fp AND finding_look.vantage = finding.vantage
		WHERE finding.outcome = 'fail' AND observed = 'open'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var findings []scanner.Finding
	for rows.Next() {
		var detail string
		var f scanner.Finding
		if err := rows.Scan(&detail); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(detail), &f); err != nil {
			t.Fatal(err)
		}
		findings = append(findings, f)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return failing(findings)
}

func countInDatabase(t *testing.T, data string) map[scanner.Outcome]int {
	t.Helper()
	rows, err := database(t, data).QueryContext(t.Context(), `SELECT outcome, count(*) FROM finding GROUP BY outcome`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	count := map[scanner.Outcome]int{}
	for rows.Next() {
		var outcome scanner.Outcome
		var n int
		if err := rows.Scan(&outcome, &n); err != nil {
			t.Fatal(err)
		}
		count[outcome] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return count
}

// countInPage counts the failures that the HTML report lays out.
func countInPage(t *testing.T, path string) int {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(raw, []byte(`class="is-fail" aria-labelledby=`))
}

func countInCSV(t *testing.T, path string) int {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reader := csv.NewReader(bytes.NewReader(raw))
	reader.Comma = ';'
	lines, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return len(lines) - 1
}

// noNamesUp plants nothing: the lab's export already names two hundred people.
// None may be found in what travels, packed or unpacked, nor in the evidence.
func noNamesUp(t *testing.T, sealed *bundle.Opened, out, lab string) {
	t.Helper()
	logins := loginsOf(t, filepath.Join(lab, "dpi.csv"))
	unpacked, err := json.Marshal(sealed.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	places := map[string][]byte{"bundle": unpacked}
	for _, a := range sealed.Run.Artifacts {
		places["artifact "+a.Ref.Name] = a.Data
	}
	for _, file := range []string{bundleFile(t, out), filepath.Join(out, "rapport.json"), filepath.Join(out, "constats.csv"), filepath.Join(out, "dossier-has.zip")} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		places[filepath.Base(file)] = raw
	}
	for place, raw := range places {
		for _, login := range append(logins, "adm-") {
			if bytes.Contains(raw, []byte(login)) {
				t.Errorf("%s names %q", place, login)
			}
		}
	}
	local, err := os.ReadFile(filepath.Join(out, "rapport.html"))
	if err != nil || !bytes.Contains(local, []byte("adm-")) {
		t.Errorf("the local report must name the people to equip: %v", err)
	}
}

func loginsOf(t *testing.T, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var logins []string
	for line := range strings.Lines(string(raw)) {
		if login, _, ok := strings.Cut(line, ";"); ok && strings.Contains(login, ".") {
			logins = append(logins, login)
		}
	}
	if len(logins) < 100 {
		t.Fatalf("%d logins read in %s: this would prove nothing", len(logins), path)
	}
	return logins
}
