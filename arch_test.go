// SPDX-License-Identifier: Apache-2.0

// Package carescan_test holds the walls of the house: who may import whom, and
// what every file and package must begin with.
package carescan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrow says what the packages under a folder may import of this module; an
// arrow to a folder covers what is below. The longest matching folder rules.
type arrow struct {
	from   string
	to     []string
	reason string
}

var arrows = []arrow{
	{"scanner", nil, "the words depend on nothing but the standard library"},
	{"scanner/fact", []string{"scanner"}, "facts are plain data, stored for years"},
	{"scanner/bounded", nil, "it reads bytes, and knows nothing of what they mean"},
	{"scanner/hostname", []string{"scanner"}, "a name is read alike by whoever writes, looks and refuses"},
	{"scanner/settings", []string{"scanner", "scanner/bounded", "scanner/hostname"}, "whoever has settings says what they are"},
	{"scanner/question", []string{"scanner"}, "it reads what comes, and knows nothing of who may be asked"},
	{"scanner/guard", []string{"scanner", "scanner/hostname", "scanner/question"}, "what may refuse knows nothing of what is looked for"},
	{"scanner/engine", []string{"scanner", "scanner/guard"}, "the plan comes in as a value, and each look gets its leash"},
	{"scanner/probes", []string{"scanner", "scanner/bounded", "scanner/fact", "scanner/hostname", "scanner/question", "scanner/settings", "scanner/probes/internal", "scanner/probes/lists"}, "a probe knows no other probe and no check"},
	{"scanner/probes/lists", []string{"scanner", "scanner/fact", "scanner/settings", "scanner/probes/internal/localfile"}, "lists describe products, and look at nothing"},
	{"scanner/probes/internal/lab", []string{"scanner", "scanner/guard", "scanner/scannertest"}, "tests of probes look through the real door"},
	{"scanner/probes/internal/loopback", []string{"scanner", "scanner/scannertest"}, "servers of tests listen as the lab does"},
	{"scanner/scannertest", []string{"scanner"}, "the hospital does not know who looks at it"},
	{"checks", []string{"checks", "scanner", "scanner/fact"}, "the registry knows the checks"},
	{"checks/exposure", []string{"checks/internal", "scanner", "scanner/fact"}, "a check knows no other check"},
	{"checks/mfa", []string{"checks/internal", "scanner", "scanner/fact"}, "a check knows no other check"},
	{"checks/hosting", []string{"checks/internal", "scanner", "scanner/fact"}, "a check knows no other check"},
	{"checks/governance", []string{"checks/internal", "scanner", "scanner/fact"}, "a check knows no other check"},
	{"profiles", []string{"scanner"}, "checks come in as values"},
	{"reports", []string{"reports", "scanner", "scanner/bounded", "scanner/fact"}, "a report reads runs"},
	{"reports/bundle", []string{"reports/bundle", "scanner"}, "the container outlives reports"},
	{"cmd/internal", []string{"scanner", "scanner/settings"}, "shared by the programs"},
	{"cmd/internal/proof", []string{"scanner", "cmd/internal/wire"}, "a proof is verified with no program of the region"},
	{"cmd/internal/labfile", []string{"scanner", "scanner/scannertest"}, "it words the lab for an agent, and starts neither"},
	{"cmd/agent", []string{"cmd/agent", "cmd/internal", "scanner", "checks", "profiles", "reports"}, "the agent ties it all"},
	{"cmd/templates", []string{"cmd/templates", "cmd/internal/cli", "scanner", "scanner/probes/nuclei"}, "it holds the template engine and nothing else"},
	{"cmd/lab", []string{"cmd/internal/cli", "cmd/internal/labfile", "scanner", "scanner/scannertest"}, "the hospital does not know who looks at it"},
	{
		"cmd/aggregator",
		[]string{"cmd/aggregator", "cmd/internal", "scanner", "scanner/bounded", "scanner/fact", "scanner/settings", "checks", "profiles", "reports"},
		"the aggregator looks at nothing and never links the probes",
	},
	{"cmd/aggregator/internal/jobs", []string{"cmd/aggregator/internal/store", "scanner"}, "what is done on a rhythm comes in as a value"},
}

// exact names the targets that do not cover what is below them.
var exact = []string{"scanner"}

// withSubtree lists who may reach every folder under scanner.
var withSubtree = []string{"cmd/agent"}

const nucleiModule = "github.com/projectdiscovery/"

func TestArrows(t *testing.T) {
	used := map[string]bool{} // "from", and "from to"
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		rule, ok := ruleFor(f.folder)
		if !ok {
			t.Errorf("%s: no arrow covers folder %s: draw one", f.path, f.folder)
			continue
		}
		used[rule.from] = true
		for _, imported := range f.imports() {
			inner, ours := strings.CutPrefix(imported, "carescan/")
			if ours && !rule.allows(f.folder, inner) {
				t.Errorf("%s imports %s: %s may not, because %s", f.path, imported, rule.from, rule.reason)
			}
			for _, to := range rule.to {
				used[rule.from+" "+to] = used[rule.from+" "+to] || ours && rule.reaches(to, inner)
			}
		}
	}
	for _, rule := range arrows {
		if !used[rule.from] {
			t.Errorf("arrow from %s matches no folder any more: remove it", rule.from)
		}
		for _, to := range rule.to {
			if !used[rule.from+" "+to] {
				t.Errorf("arrow from %s to %s is followed no more: remove it", rule.from, to)
			}
		}
	}
}

func (a arrow) allows(folder, inner string) bool {
	// A probe, like every folder, may use what lies below itself.
	if below(inner, folder) && folder != "scanner" {
		return true
	}
	if a.from == "scanner/probes" && below(inner, probeFolder(folder)) {
		return true
	}
	return slices.ContainsFunc(a.to, func(to string) bool { return a.reaches(to, inner) })
}

// reaches tells whether one end of an arrow covers a folder.
func (a arrow) reaches(to, inner string) bool {
	if slices.Contains(exact, to) && !slices.Contains(withSubtree, a.from) {
		return inner == to
	}
	return below(inner, to)
}

// probeFolder is scanner/probes/<name>, for any folder of that probe.
func probeFolder(folder string) string {
	parts := strings.Split(folder, "/")
	return strings.Join(parts[:min(3, len(parts))], "/")
}

func ruleFor(folder string) (rule arrow, ok bool) {
	for _, candidate := range arrows {
		if below(folder, candidate.from) && len(candidate.from) >= len(rule.from) {
			rule, ok = candidate, true
		}
	}
	return rule, ok
}

func below(folder, top string) bool { return folder == top || strings.HasPrefix(folder, top+"/") }

func TestWordsImportStandardLibraryOnly(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.folder != "scanner" && f.folder != "scanner/fact" || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, imported := range f.imports() {
			if strings.Contains(strings.Split(imported, "/")[0], ".") {
				t.Errorf("%s imports %s: the words import the standard library only", f.path, imported)
			}
		}
	}
}

func TestNucleiHasOneDoor(t *testing.T) {
	door := "scanner/probes/nuclei/worker"
	found := false
	for _, f := range goFiles(t) {
		for _, imported := range f.imports() {
			switch {
			case strings.HasPrefix(imported, nucleiModule) && below(f.folder, door):
				found = true
			case strings.HasPrefix(imported, nucleiModule):
				t.Errorf("%s imports %s: only %s may (decision 9 of the architecture)", f.path, imported, door)
			}
		}
	}
	if !found {
		t.Errorf("%s no longer imports nuclei: move this rule", door)
	}
}

// TestQueueHasTwoRooms keeps the queue of jobs behind the rhythm of rounds, and its SQL
// in the store.
func TestQueueHasTwoRooms(t *testing.T) {
	const river, drivers, store, jobs = "github.com/riverqueue/river", "github.com/riverqueue/river/riverdriver", "cmd/aggregator/internal/store", "cmd/aggregator/internal/jobs"
	found := map[string]bool{}
	for _, f := range goFiles(t) {
		for _, imported := range f.imports() {
			if !below(imported, river) {
				continue
			}
			found[f.folder] = true
			if f.folder != store && (f.folder != jobs || below(imported, drivers)) {
				t.Errorf("%s imports %s: only %s may, and %s what is no driver", f.path, imported, store, jobs)
			}
		}
	}
	if !found[store] || !found[jobs] {
		t.Error("the store or the jobs import the queue no longer: move this rule")
	}
}

func TestLightPackagesDoNotReachNuclei(t *testing.T) {
	imports := importsByFolder(t)
	for _, start := range []string{
		"cmd/agent", "cmd/lab", "cmd/aggregator", "checks", "reports/pack", "scanner/guard", "scanner/engine", "scanner/probes/nuclei", "cmd/agent/internal/command",
	} {
		if len(imports[start]) == 0 {
			t.Errorf("%s holds no package any more: change this list", start)
		}
		if path := reach(imports, start, "scanner/probes/nuclei/worker", map[string]bool{}); path != nil {
			t.Errorf("nuclei would be compiled with %s: %s", start, strings.Join(path, " → "))
		}
	}
}

// TestNobodyHoldsTheDoorAndTheChecks keeps what may be contacted apart from what
// is thought of it: a package that had both could open the one for the other.
func TestNobodyHoldsTheDoorAndTheChecks(t *testing.T) {
	door, checks := map[string]string{}, map[string]string{} // the file that imports, by folder
	for _, f := range goFiles(t) {
		for _, imported := range f.imports() {
			switch inner, _ := strings.CutPrefix(imported, "carescan/"); {
			case inner == "scanner/guard":
				door[f.folder] = f.path
			case below(inner, "checks"):
				checks[f.folder] = f.path
			}
		}
	}
	if len(door) == 0 || len(checks) == 0 {
		t.Error("nobody imports the guard, or nobody a check: change this rule")
	}
	for folder, path := range door {
		if other, both := checks[folder]; both {
			t.Errorf("%s imports the guard (%s) and checks (%s): build one of them elsewhere", folder, path, other)
		}
	}
}

// What is installed in a real hospital holds no synthetic one.
func TestInstalledProgramsDoNotReachTheLab(t *testing.T) {
	imports := importsByFolder(t)
	for _, start := range []string{"cmd/agent", "cmd/templates", "cmd/aggregator"} {
		if path := reach(imports, start, "scanner/scannertest", map[string]bool{}); path != nil {
			t.Errorf("the lab would be linked into %s: %s", start, strings.Join(path, " → "))
		}
	}
}

func importsByFolder(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	for _, f := range goFiles(t) {
		if !strings.HasSuffix(f.path, "_test.go") {
			imports[f.folder] = append(imports[f.folder], f.imports()...)
		}
	}
	return imports
}

// TestEngineBorrowsTheLeashOnly keeps the run from opening, stopping or reading
// the door: it takes any network, and ends what each look may use of it.
func TestEngineBorrowsTheLeashOnly(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.folder != "scanner/engine" || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if of, ok := s.X.(*ast.Ident); ok && of.Name == "guard" && s.Sel.Name != "NewLeash" {
					t.Errorf("%s uses guard.%s: only the leash belongs to a run", f.path, s.Sel.Name)
				}
			}
			return true
		})
	}
}

func reach(imports map[string][]string, from, to string, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	seen[from] = true
	for _, imported := range imports[from] {
		inner, ok := strings.CutPrefix(imported, "carescan/")
		if !ok || seen[inner] {
			continue
		}
		if path := reach(imports, inner, to, seen); path != nil {
			return append([]string{from}, path...)
		}
	}
	return nil
}

func TestEveryFileNamesItsLicence(t *testing.T) {
	for _, f := range goFiles(t) {
		if first, _, _ := strings.Cut(f.source, "\n"); first != "// SPDX-License-Identifier: Apache-2.0" && !strings.HasPrefix(first, "// Code generated") {
			t.Errorf("%s does not begin with its SPDX licence line", f.path)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	comments := map[string]int{}
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		if _, ok := comments[f.folder]; !ok {
			comments[f.folder] = 0
		}
		if f.tree.Doc != nil && strings.HasPrefix(f.tree.Doc.Text(), "Package ") || f.tree.Doc != nil && f.tree.Name.Name == "main" {
			comments[f.folder]++
		}
	}
	for folder, n := range comments {
		if n != 1 {
			t.Errorf("package %s has %d package comments, want exactly one", folder, n)
		}
	}
}

// parserName is how a function that reads foreign bytes is called.
var parserName = regexp.MustCompile(`^Parse[A-Z]`)

func TestExportedParsersAreFuzzed(t *testing.T) {
	fuzzed := map[string]bool{}
	for _, f := range goFiles(t) {
		if strings.HasSuffix(f.path, "_test.go") && strings.Contains(f.source, "\nfunc Fuzz") {
			fuzzed[f.folder] = true
		}
	}
	for _, f := range goFiles(t) {
		for _, decl := range f.tree.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && fn.Recv == nil && parserName.MatchString(fn.Name.Name) && !fuzzed[f.folder] {
				t.Errorf("%s: %s reads foreign bytes and its package has no fuzz target", f.path, fn.Name.Name)
			}
		}
	}
}

// apart are the folders of probes whose time-outs wait for no turn at the door: a
// program of its own, and what tests start.
var apart = []string{"scanner/probes/nuclei/worker", "scanner/probes/internal/debian"}

// TestProbesCountTheTimeOfTheTarget keeps plain time-outs out of probes: they would
// count the wait for our own courtesy (docs/adr/0035).
func TestProbesCountTheTimeOfTheTarget(t *testing.T) {
	patient := 0
	for _, f := range goFiles(t) {
		if !below(f.folder, "scanner/probes") || slices.Contains(apart, f.folder) || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, plain := range []string{"context.WithTimeout(", "context.WithDeadline(", "ctx.Deadline("} {
			if strings.Contains(f.source, plain) {
				t.Errorf("%s calls %s…): a time-out of a probe is scanner.WithPatience, what is left of it scanner.TimeLeft", f.path, plain)
			}
		}
		if strings.Contains(f.source, "scanner.WithPatience(") {
			patient++
		}
	}
	if patient < 20 {
		t.Errorf("%d files of probes bound what a target takes: this test looks in the wrong place", patient)
	}
}

type goFile struct {
	path, folder, source string
	tree                 *ast.File
}

func (f goFile) imports() []string {
	var paths []string
	for _, spec := range f.tree.Imports {
		path, _ := strconv.Unquote(spec.Path.Value) // the parser accepted it
		paths = append(paths, path)
	}
	return paths
}

// goFiles parses every file of the module. It reads the files itself: a test
// that asks the go command is answered from the test cache and misses changes.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "demo") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || path == "arch_test.go" {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ParseComments)
		if err != nil {
			return err
		}
		files = append(files, goFile{path, filepath.ToSlash(filepath.Dir(path)), string(source), tree})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
