// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// factType returns the type that holds a kind of fact, read off the methods
// FactKind of scanner/fact, so that no list is kept by hand.
func factType(root, kind string) (string, error) {
	files, err := filepath.Glob(filepath.Join(root, "scanner", "fact", "*.go"))
	if err != nil {
		return "", err
	}
	var kinds []string
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		for _, declaration := range parsed.Decls {
			name, of := factKind(declaration)
			if name != "" && name == kind {
				return of, nil
			}
			kinds = append(kinds, name)
		}
	}
	slices.Sort(kinds)
	return "", fmt.Errorf("no fact is called %q; there are %s", kind,
		strings.TrimPrefix(strings.Join(slices.Compact(kinds), ", "), ", "))
}

// factKind reads `func (T) FactKind() string { return "kind" }`.
func factKind(declaration ast.Decl) (kind, of string) {
	method, ok := declaration.(*ast.FuncDecl)
	if !ok || method.Name.Name != "FactKind" || method.Recv == nil || len(method.Body.List) != 1 {
		return "", ""
	}
	result, ok := method.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(result.Results) != 1 {
		return "", ""
	}
	if literal, ok := result.Results[0].(*ast.BasicLit); ok {
		kind, _ = strconv.Unquote(literal.Value) // the file was parsed: the literal is whole
	}
	return kind, fmt.Sprint(method.Recv.List[0].Type)
}
