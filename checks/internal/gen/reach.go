// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const sharedPrefix = "carescan/checks/internal/"

// source is the Go code of a folder, without its tests: what its declarations are
// called, what they hold, and which shared packages they use.
type source struct {
	decls   map[string][]ast.Node // by name; methods of one name together
	imports map[string]string     // name in the code → package under checks/internal
}

func readSource(dir string) (source, error) {
	s := source{map[string][]ast.Node{}, map[string]string{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return source{}, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return source{}, err
		}
		s.add(parsed)
	}
	return s, nil
}

func (s source) add(file *ast.File) {
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value) // the parser accepted it
		if name, shared := strings.CutPrefix(path, sharedPrefix); shared {
			s.imports[name] = name
		}
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			s.decls[d.Name.Name] = append(s.decls[d.Name.Name], d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range v.Names {
						s.decls[name.Name] = append(s.decls[name.Name], v)
					}
				}
			}
		}
	}
}

// reach finds the words that a check may say: the strings in its code, and in the
// shared code it leads to. Names are followed without types, so a method of
// another type that bears the same name is followed too.
type reach struct {
	root    string // holds the shared packages
	sources map[string]source
	seen    map[string]bool
	words   map[string]bool
	said    map[string]bool // reasons given to a verdict in so many words
}

func reachable(root, dir string) (*reach, error) {
	own, err := readSource(dir)
	if err != nil {
		return nil, err
	}
	r := &reach{root: root, sources: map[string]source{"": own}, seen: map[string]bool{}, words: map[string]bool{}, said: map[string]bool{}}
	if err := r.load(own); err != nil {
		return nil, err
	}
	for name := range own.decls {
		r.follow("", name)
	}
	return r, nil
}

// load reads the shared packages that a package uses, and those they use.
func (r *reach) load(s source) error {
	for _, name := range slices.Sorted(maps.Keys(s.imports)) {
		if _, known := r.sources[name]; known {
			continue
		}
		imported, err := readSource(filepath.Join(r.root, name))
		if err != nil {
			return err
		}
		r.sources[name] = imported
		if err := r.load(imported); err != nil {
			return err
		}
	}
	return nil
}

func (r *reach) follow(pkg, name string) {
	at := pkg + "." + name
	if r.seen[at] {
		return
	}
	r.seen[at] = true
	for _, decl := range r.sources[pkg].decls[name] {
		ast.Inspect(decl, func(n ast.Node) bool { return r.visit(pkg, n) })
	}
}

func (r *reach) visit(pkg string, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BasicLit:
		if word, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
			r.words[word] = true
		}
	case *ast.KeyValueExpr: // the names of values are no reasons
		if _, literal := n.Key.(*ast.BasicLit); literal {
			ast.Inspect(n.Value, func(n ast.Node) bool { return r.visit(pkg, n) })
			return false
		}
	case *ast.CallExpr:
		r.verdict(n)
	case *ast.Ident:
		r.follow(pkg, n.Name)
	case *ast.SelectorExpr: // the name selected belongs to what it is selected from
		r.selected(pkg, n)
		ast.Inspect(n.X, func(n ast.Node) bool { return r.visit(pkg, n) })
		return false
	}
	return true
}

// verdicts are the functions of scanner that conclude, for a reason.
var verdicts = []string{"Passed", "Failed", "FailedAs", "Unknown", "Exempt"}

// verdict notes the reason of scanner.Failed("reason", …).
func (r *reach) verdict(n *ast.CallExpr) {
	f, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains(verdicts, f.Sel.Name) {
		return
	}
	for _, argument := range n.Args {
		if literal, ok := argument.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			reason, _ := strconv.Unquote(literal.Value) // the parser accepted it
			r.said[reason] = true
		}
	}
}

// selected follows package.Name, and value.Method in every package at hand.
func (r *reach) selected(pkg string, n *ast.SelectorExpr) {
	if x, ok := n.X.(*ast.Ident); ok {
		if imported, shared := r.sources[pkg].imports[x.Name]; shared {
			r.follow(imported, n.Sel.Name)
			return
		}
	}
	for name, s := range r.sources {
		for _, decl := range s.decls[n.Sel.Name] {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil {
				r.follow(name, n.Sel.Name)
			}
		}
	}
}

// shared lists the shared packages at hand, by name.
func (r *reach) shared() []string { return slices.Sorted(maps.Keys(r.sources))[1:] }

// leads tells whether a shared package uses another one, itself or through others.
func (r *reach) leads(from, to string) bool {
	for name := range r.sources[from].imports {
		if name == to || r.leads(name, to) {
			return true
		}
	}
	return false
}
