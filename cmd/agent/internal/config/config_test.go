// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	file := write(t, `
establishment: {finess: "750712184", name: CHU}
scope:
  names: [chu.test, "*.chu.test"]
  ranges: [192.0.2.0/24]
  authorisation: {by: directeur, from: 2026-01-01, until: 2027-01-01T00:00:00Z}
targets: {domains: [chu.test], sites: ["https://www.chu.test"]}
directories: [{id: ad, url: "ldaps://dc.chu.test:636", password_file: pw}]
templates: {program: tools/carescan-templates}
schedule: {every: 12h}
`)
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Scope.Ranges[0].String() != "192.0.2.0/24" || c.Schedule.Every != 12*time.Hour {
		t.Errorf("scope %v, rhythm %v: not as written", c.Scope.Ranges, c.Schedule.Every)
	}
	if got := c.Scope.Authorisation.Until; !got.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("until = %v", got)
	}
	if want := filepath.Join(filepath.Dir(file), "pw"); c.Directories[0].PasswordFile != want {
		t.Errorf("password file = %q, want %q", c.Directories[0].PasswordFile, want)
	}
	if want := filepath.Join(filepath.Dir(file), "tools", "carescan-templates"); c.Templates.Program != want || slices.Contains(c.Files(), want) {
		t.Errorf("program = %q among %q, want %q, which is not read but started", c.Templates.Program, c.Files(), want)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"unknown-key":     {"colour: blue", "colour"},
		"unknown-sub-key": {"scope: {colour: blue}", "colour"},
		"bad-range":       {"scope: {ranges: [nowhere]}", "nowhere"},
		"bad-date":        {"scope: {authorisation: {until: soon}}", "soon"},
		"bad-yaml":        {"scope: [", "yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, test.content))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load = %v, want an error that names %q", err, test.want)
			}
		})
	}
}

func TestValidateRefuses(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"finess":    {`establishment: {finess: "12"}`, "establishment.finess"},
		"vantage":   {"vantage: moon", "vantage"},
		"domain":    {"targets: {domains: [localhost]}", "targets.domains"},
		"dots":      {"targets: {domains: [a..fr]}", "targets.domains"},
		"site":      {`targets: {sites: ["http://a.fr"]}`, "targets.sites"},
		"service":   {"targets: {services: [a.fr]}", "targets.services"},
		"directory": {`directories: [{id: ad, url: "ldap://a.fr", password_file: x}]`, "directories[0]"},
		"rhythm":    {"schedule: {every: 1s}", "schedule.every"},
		"export":    {"applications: [{id: dpi}]", "applications[0]"},
		"hash":      {`templates: {program_sha256: "12"}`, "templates.program_sha256"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Load(write(t, test.content))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Validate = %v, want an error that names %q", err, test.want)
			}
		})
	}
}

func TestValidateWarnsOfWrongKey(t *testing.T) {
	c, err := Load(write(t, `establishment: {finess: "458174839"}`))
	if err != nil {
		t.Fatal(err)
	}
	if warnings, err := c.Validate(); err != nil || len(warnings) != 1 {
		t.Errorf("Validate = %q, %v, want one warning and no error", warnings, err)
	}
}

func TestEnvironmentWins(t *testing.T) {
	t.Setenv("CARESCAN_STATE", "/elsewhere")
	c, err := Load(write(t, "state: here"))
	if err != nil || c.State != "/elsewhere" {
		t.Errorf("state = %q, %v, want that of the environment", c.State, err)
	}
}

func FuzzParseDomain(f *testing.F) {
	for _, seed := range []string{"chu-exemple.fr", "CHÛ.fr.", "a..b", "127.0.0.1", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		parsed, err := ParseDomain(name)
		if err != nil {
			return
		}
		if again, err := ParseDomain(parsed); err != nil || again != parsed {
			t.Errorf("canonical form of %q is not stable: %q then %q, %v", name, parsed, again, err)
		}
	})
}

func FuzzParseSite(f *testing.F) {
	for _, seed := range []string{"https://www.chu.fr", "https://www.chu.fr:443/", "https://a@b.fr", "http://x.fr"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, site string) {
		if target, err := ParseSite(site); err == nil && !strings.HasPrefix(target.ID, "https://") {
			t.Errorf("site %q became %q", site, target.ID)
		}
	})
}

func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
