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
	{"scanner/fact", nil, "facts are plain data, stored for years"},
	{"scanner/settings", []string{"scanner"}, "whoever has settings says what they are"},
	{"scanner/engine", []string{"scanner", "scanner/engine/netlab"}, "the plan comes in as a value"},
	{"scanner/probes", []string{"scanner", "scanner/fact", "scanner/settings", "scanner/probes/internal", "scanner/probes/lists"}, "a probe knows no other probe and no check"},
	{"scanner/probes/lists", []string{"scanner", "scanner/fact", "scanner/settings"}, "lists describe products, and look at nothing"},
	{"scanner/probes/internal/lab", []string{"scanner", "scanner/engine", "scanner/scannertest"}, "tests of probes look through the real door"},
	{"scanner/scannertest", []string{"scanner"}, "the hospital does not know who looks at it"},
	{"checks", []string{"checks", "scanner", "scanner/fact"}, "the registry knows the checks"},
	{"checks/exposure", []string{"checks/internal", "scanner", "scanner/fact"}, "a check knows no other check"},
	{"checks/mfa", []string{"checks/internal", "scanner", "scanner/fact"}, "a check knows no other check"},
	{"checks/hosting", []string{"checks/internal", "scanner", "scanner/fact"}, "a check knows no other check"},
	{"checks/governance", []string{"checks/internal", "scanner", "scanner/fact"}, "a check knows no other check"},
	{"profiles", []string{"scanner"}, "checks come in as values"},
	{"reports", []string{"reports", "scanner", "scanner/fact", "profiles"}, "a report reads runs"},
	{"reports/bundle", []string{"reports/bundle", "scanner", "scanner/fact"}, "the container outlives reports"},
	{"cmd/internal", []string{"cmd/internal", "scanner", "scanner/fact", "scanner/settings", "reports/bundle"}, "shared by both programs"},
	{"cmd/agent", []string{"cmd/agent", "cmd/internal", "scanner", "checks", "profiles", "reports"}, "the agent ties it all"},
	{
		"cmd/aggregator",
		[]string{"cmd/aggregator", "cmd/internal", "scanner", "scanner/fact", "scanner/settings", "checks", "profiles", "reports"},
		"the aggregator looks at nothing and never links the probes",
	},
}

// exact names the targets that do not cover what is below them.
var exact = []string{"scanner"}

// withSubtree lists who may reach every folder under scanner.
var withSubtree = []string{"cmd/agent"}

const nucleiModule = "github.com/projectdiscovery/"

func TestArrows(t *testing.T) {
	used := map[string]bool{}
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
			if inner, ok := strings.CutPrefix(imported, "carescan/"); ok && !rule.allows(f.folder, inner) {
				t.Errorf("%s imports %s: %s may not, because %s", f.path, imported, rule.from, rule.reason)
			}
		}
	}
	for _, rule := range arrows {
		if !used[rule.from] {
			t.Errorf("arrow from %s matches no folder any more: remove it", rule.from)
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
	return slices.ContainsFunc(a.to, func(to string) bool {
		if slices.Contains(exact, to) && !slices.Contains(withSubtree, a.from) {
			return inner == to
		}
		return below(inner, to)
	})
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

func TestLightPackagesDoNotReachNuclei(t *testing.T) {
	imports := map[string][]string{}
	for _, f := range goFiles(t) {
		if !strings.HasSuffix(f.path, "_test.go") {
			imports[f.folder] = append(imports[f.folder], f.imports()...)
		}
	}
	for _, start := range []string{"cmd/aggregator", "checks", "reports/pack", "scanner/engine", "scanner/probes/nuclei", "cmd/agent/internal/command"} {
		if len(imports[start]) == 0 {
			t.Errorf("%s holds no package any more: change this list", start)
		}
		if path := reach(imports, start, "scanner/probes/nuclei/worker", map[string]bool{}); path != nil {
			t.Errorf("nuclei would be compiled with %s: %s", start, strings.Join(path, " → "))
		}
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
