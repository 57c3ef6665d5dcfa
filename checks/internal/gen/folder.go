// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"carescan/scanner"
)

// folder is one check as it lies on disk.
type folder struct {
	family, subject string // checks/family/subject
	id              string
	papers          scanner.Papers
}

// readFolders reads every checks/family/subject that holds a check.go, in the
// order of their ids.
func readFolders(dir string) ([]folder, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "check.go"))
	if err != nil {
		return nil, err
	}
	shared, err := readShared(filepath.Join(dir, "internal"))
	if err != nil {
		return nil, err
	}
	folders := make([]folder, 0, len(files))
	for _, file := range files {
		f, err := readFolder(file, shared)
		if err != nil {
			return nil, fmt.Errorf("read check %s: %w", filepath.Dir(file), err)
		}
		folders = append(folders, f)
	}
	return folders, nil
}

func readFolder(file string, shared shared) (folder, error) {
	dir := filepath.Dir(file)
	f := folder{family: filepath.Base(filepath.Dir(dir)), subject: filepath.Base(dir)}
	fields, err := readCheck(file)
	if err != nil {
		return folder{}, err
	}
	if f.id, err = f.ownID(fields["ID"]); err != nil {
		return folder{}, err
	}
	if references, ok := fields["References"].(*ast.CompositeLit); !ok || len(references.Elts) == 0 {
		return folder{}, errors.New("check must list the reference ids it implements")
	}
	if cases, _ := filepath.Glob(filepath.Join(dir, "testdata", "*.txtar")); len(cases) == 0 {
		return folder{}, errors.New("check must have cases in testdata")
	}
	if f.papers, err = readPapers(dir); err != nil {
		return folder{}, err
	}
	return f, shared.merge(dir, f.papers)
}

// ownID holds the id and the folder together: exposure.caa-record lives in
// exposure/caarecord.
func (f folder) ownID(value ast.Expr) (string, error) {
	literal, ok := value.(*ast.BasicLit)
	if !ok {
		return "", errors.New("id must be written as a string")
	}
	id, err := strconv.Unquote(literal.Value)
	if err != nil {
		return "", fmt.Errorf("read id %s: %w", literal.Value, err)
	}
	if strings.ReplaceAll(id, "-", "") != f.family+"."+f.subject || id != strings.ToLower(id) {
		return "", fmt.Errorf("id %q does not belong in the folder %s/%s", id, f.family, f.subject)
	}
	return id, nil
}

// readCheck returns the fields of the composite literal of `var Check`. The
// file is parsed, not compiled: the registry may not exist yet.
func readCheck(file string) (map[string]ast.Expr, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	fields := map[string]ast.Expr{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "Check" || len(spec.Values) != 1 {
			return true
		}
		collectFields(spec.Values[0], fields)
		return false
	})
	if len(fields) == 0 {
		return nil, errors.New("file must declare var Check = scanner.Check{…}")
	}
	return fields, nil
}

func collectFields(value ast.Expr, fields map[string]ast.Expr) {
	literal, ok := value.(*ast.CompositeLit)
	if !ok {
		return
	}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			fields[fmt.Sprint(pair.Key)] = pair.Value
		}
	}
}

func readPapers(dir string) (scanner.Papers, error) {
	fr, err := readPaper(dir, scanner.French)
	if err != nil {
		return scanner.Papers{}, err
	}
	en, err := readPaper(dir, scanner.English)
	if err != nil {
		return scanner.Papers{}, err
	}
	return scanner.Papers{FR: fr, EN: en}, compare(fr, en)
}

func readPaper(dir string, l scanner.Lang) (scanner.Paper, error) {
	raw, err := os.ReadFile(filepath.Join(dir, string(l)+".md"))
	if err != nil {
		return scanner.Paper{}, err
	}
	paper, err := scanner.ParsePaper(l, string(raw))
	if err != nil {
		return scanner.Paper{}, fmt.Errorf("read %s.md: %w", l, err)
	}
	return typeset(paper, l), nil
}
