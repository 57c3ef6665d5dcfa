// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pure are the packages a judgement may import. What is not here could reach
// the network, the disk, the clock or chance, and the same facts would no longer
// give the same finding.
func pure() []string {
	return []string{
		"cmp", "errors", "iter", "maps", "math/bits", "net/netip", "net/url", "regexp", "slices", "strconv", "strings", "time",
		"carescan/scanner", "carescan/scanner/fact",
		"carescan/checks/internal/attested", "carescan/checks/internal/contact", "carescan/checks/internal/coverage",
		"carescan/checks/internal/csp", "carescan/checks/internal/exposed", "carescan/checks/internal/hosted",
		"carescan/checks/internal/inventoried", "carescan/checks/internal/mailpolicy", "carescan/checks/internal/named",
		"carescan/checks/internal/offered", "carescan/checks/internal/past", "carescan/checks/internal/portal",
		"carescan/checks/internal/reception", "carescan/checks/internal/registered", "carescan/checks/internal/release",
		"carescan/checks/internal/signature", "carescan/checks/internal/signed", "carescan/checks/internal/site", "carescan/checks/internal/templates",
	}
}

// clocks are the words of package time that read or wait for the clock.
func clocks() []string {
	return []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer", "Local", "LoadLocation"}
}

func TestJudgementsArePure(t *testing.T) {
	files := judgementFiles(t)
	if len(files) < 20 {
		t.Fatalf("only %d files found: the rule looks at nothing", len(files))
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); !slices.Contains(pure(), path) {
				t.Errorf("%s imports %s: a judgement may touch nothing but facts", file, path)
			}
		}
		refuseClocks(t, file, parsed)
	}
}

func refuseClocks(t *testing.T, file string, parsed *ast.File) {
	t.Helper()
	ast.Inspect(parsed, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); ok && of.Name == "time" && slices.Contains(clocks(), selector.Sel.Name) {
			t.Errorf("%s uses time.%s: the moment is in the case", file, selector.Sel.Name)
		}
		return true
	})
}

// judgementFiles lists the checks and what they share; the tools that write the
// registry and the pages are no judgements.
func judgementFiles(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"*/*/*.go", "internal/*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.DeleteFunc(slices.Compact(files), func(file string) bool {
		tool := slices.Contains([]string{"gen", "pages", "newcheck"}, filepath.Base(filepath.Dir(file)))
		return tool || strings.HasSuffix(file, "_test.go")
	})
}
