// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// copyModule copies what a check needs of the module, so that the real tree
// stays as it is.
func copyModule(t *testing.T) string {
	t.Helper()
	from, to := filepath.Join("..", "..", ".."), t.TempDir()
	for _, folder := range []string{"checks", filepath.Join("scanner", "fact")} {
		if err := os.CopyFS(filepath.Join(to, folder), os.DirFS(filepath.Join(from, folder))); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(from, "scanner", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, filepath.Join(from, "go.mod"), filepath.Join(from, "go.sum")) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(from, file) // both come from the same root
		if err := os.WriteFile(filepath.Join(to, name), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func goIn(t *testing.T, dir string, arguments ...string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = dir
	raw, err := command.CombinedOutput()
	return string(raw), err
}

// TestNewCheckCompilesAndWaitsForItsCases follows the first page of
// CONTRIBUTING.md: create, generate, test.
func TestNewCheckCompilesAndWaitsForItsCases(t *testing.T) {
	root := copyModule(t)
	dir, err := create(root, "exposure.new-subject", "host-services", "PR")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(root, "checks", "exposure", "newsubject"); dir != want {
		t.Errorf("created %s, want %s", dir, want)
	}
	if output, err := goIn(t, root, "generate", "./checks"); err != nil {
		t.Fatalf("generate: %v\n%s", err, output)
	}
	if output, err := goIn(t, root, "vet", "./checks/exposure/newsubject", "./checks"); err != nil {
		t.Fatalf("vet: %v\n%s", err, output)
	}
	output, err := goIn(t, root, "test", "./checks", "-run", "TestCases/exposure.new-subject")
	if err == nil || strings.Count(output, "no case shows") != 2 || strings.Contains(output, "-want +got") {
		t.Errorf("a new check must only lack a pass and a fail:\n%s", output)
	}
}

func TestCreateRefuses(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	for _, c := range []struct{ name, id, kind, want string }{
		{"no_family", "caa-record", "dns-zone", "must be family.subject"},
		{"upper_case", "exposure.CAA", "dns-zone", "must be family.subject"},
		{"path", "exposure.../../x", "dns-zone", "must be family.subject"},
		{"digit_first", "mfa.2fa", "accounts", "must be family.subject"},
		{"unknown_family", "nobody.x", "dns-zone", "checks/families.go"},
		{"unknown_fact", "exposure.x", "dns-zones", "there are accounts, "},
		{"existing", "exposure.caa-record", "dns-zone", "exists already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := create(root, c.id, c.kind, "PR"); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("create(%q, %q) = %v, want an error with %q", c.id, c.kind, err, c.want)
			}
		})
	}
}

// TestScaffoldFitsItsFact holds that a new check begins with a target of the kind
// its fact is about, and repeats neither its vantage nor its confirmation.
func TestScaffoldFitsItsFact(t *testing.T) {
	root := copyModule(t)
	for _, c := range []struct{ id, kind, target, vantage, confirm string }{
		{"exposure.on-hosts", "host-services", "host", "internet", ""},
		{"exposure.on-names", "name-inventory", "domain", "internet", "Confirm:    scanner.ConfirmLater"},
		{"mfa.on-directories", "directory", "directory", "inside", ""},
	} {
		dir, err := create(root, c.id, c.kind, "PR")
		if err != nil {
			t.Fatal(err)
		}
		code, observation := read(t, filepath.Join(dir, "check.go")), read(t, filepath.Join(dir, "testdata", "good.txtar"))
		if strings.Contains(code, "Vantage") || strings.Contains(code, "Confirm") != (c.confirm != "") || !strings.Contains(code, c.confirm) {
			t.Errorf("%s begins with:\n%s", c.id, code)
		}
		for _, want := range []string{`"kind": "` + c.target + `"`, `"vantage": "` + c.vantage + `"`} {
			if !strings.Contains(observation, want) {
				t.Errorf("%s begins without %s:\n%s", c.id, want, observation)
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
