// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/probes/accounts"
	"carescan/scanner/probes/directory"
	mailprobe "carescan/scanner/probes/mail"
	"carescan/scanner/probes/nuclei"
	"carescan/scanner/settings"
)

func load(file string) (config.Config, error) { return config.Load(file, sources.Sections()) }

func TestLoad(t *testing.T) {
	file := write(t, `
establishment: {finess: "750712184", name: CHU}
scope:
  names: [chu.test, "*.chu.test"]
  ranges: [192.0.2.0/24]
  authorisation: {by: directeur, from: 2026-01-01, until: 2027-01-01T00:00:00Z}
targets: {domains: [chu.test], sites: ["https://www.chu.test"]}
directories: [{id: ad, url: "ldaps://dc.chu.test:636", bind_dn: svc, base_dn: "DC=chu", password_file: pw}]
templates: {program: tools/carescan-templates}
schedule: {every: 12h}
`)
	c, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, faults := c.Validate(); len(faults) > 0 {
		t.Fatal(faults)
	}
	if c.Scope.Ranges[0].String() != "192.0.2.0/24" || c.Schedule.Every != 12*time.Hour {
		t.Errorf("scope %v, rhythm %v: not as written", c.Scope.Ranges, c.Schedule.Every)
	}
	if got := c.Scope.Authorisation.Until.End(); !got.Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("until = %v", got)
	}
	told := config.Told[directory.Settings](c)
	if want := filepath.Join(filepath.Dir(file), "pw"); told[0].PasswordFile != want {
		t.Errorf("password file = %q, want %q", told[0].PasswordFile, want)
	}
	if got, want := config.Told[nuclei.Settings](c).Program, filepath.Join(filepath.Dir(file), "tools", "carescan-templates"); got != want {
		t.Errorf("program = %q, want %q", got, want)
	}
}

// TestValuesMeanWhatWasWritten holds the values that were misread once: codes with a
// leading zero, dates between quotes, days that end at midnight in Paris.
func TestValuesMeanWhatWasWritten(t *testing.T) {
	c, err := load(write(t, `
establishment: {finess: 020000063, name: CH Exemple, region: 04}
scope:
  names: ["chu.test"]
  authorisation: {by: DG, from: "2026-01-01", until: "2026-11-30"}
intrusive: {by: DG, from: 02/03/2026, until: 2026-03-03}
mail: [{domain: chu.test, selectors: [2024_01, 1e3, 0x10, 012, 20240101]}]
applications: [{id: dpi, file: dpi.csv, as_of: "2026-11-20"}]
network: {confirm_after: 90m}
`))
	if err != nil {
		t.Fatal(err)
	}
	utc := func(at time.Time) string { return at.UTC().Format(time.RFC3339) }
	got := []string{
		c.Establishment.FINESS, c.Establishment.Region, strings.Join(config.Told[mailprobe.Settings](c)[0].Selectors, " "), config.Told[accounts.Settings](c)[0].AsOf.String(), c.Network.ConfirmAfter.String(),
		utc(c.Scope.Authorisation.From.Start()), utc(c.Scope.Authorisation.Until.End()), utc(c.Intrusive.From.Start()), utc(c.Intrusive.Until.End()),
	}
	want := []string{
		"020000063", "04", "2024_01 1e3 0x10 012 20240101", "2026-11-20", "1h30m0s",
		"2025-12-31T23:00:00Z", "2026-11-30T23:00:00Z", "2026-03-01T23:00:00Z", "2026-03-03T23:00:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// TestEveryFaultIsToldAtOnce holds that each has its line and both languages.
func TestEveryFaultIsToldAtOnce(t *testing.T) {
	file := write(t, "network: {confirm_after: 10}\ntemplates: {timeout: 20}\nschedule: {every: 24}\nScope: {}\n")
	_, err := load(file)
	faults, ok := errors.AsType[settings.Faults](err)
	if !ok {
		t.Fatalf("Load = %v, want faults", err)
	}
	var got []string
	for _, fault := range faults {
		got = append(got, strings.TrimPrefix(fault.Sentence(scanner.French), file+", "))
	}
	want := []string{
		"ligne 1, network.confirm_after\u00a0: «\u00a010\u00a0» n'a pas d'unité",
		"ligne 2, templates.timeout\u00a0: «\u00a020\u00a0» n'a pas d'unité",
		"ligne 3, schedule.every\u00a0: «\u00a024\u00a0» n'a pas d'unité",
		"ligne 4, Scope\u00a0: la clé «\u00a0Scope\u00a0» n'est pas connue",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"unknown-key":     {"colour: blue", "colour"},
		"unknown-sub-key": {"scope: {colour: blue}", "colour"},
		"bad-range":       {"scope: {ranges: [nowhere]}", "nowhere"},
		"bad-date":        {"scope: {authorisation: {until: soon}}", "soon"},
		"bad-yaml":        {"scope: [", "line 1: a value is expected here"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(write(t, test.content))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load = %v, want an error that names %q", err, test.want)
			}
		})
	}
}

// TestZeroIsRefused: a zero would silently mean the default, in every section.
func TestZeroIsRefused(t *testing.T) {
	for key, content := range map[string]string{
		"network.confirm_after":       "network: {confirm_after: 0s}",
		"network.request_rate":        "network: {request_rate: 0.0}",
		"network.concurrent_per_host": "network: {concurrent_per_host: 0}",
		"network.budget_per_host":     "network: {budget_per_host: 0}",
		"schedule.every":              "schedule: {every: 0h}",
		"templates.timeout":           "templates: {timeout: 0m}",
		"templates.memory_mb":         "templates: {memory_mb: 0}",
		"ports.tcp[0]":                "ports: {tcp: [0]}",
	} {
		t.Run(key, func(t *testing.T) {
			c, err := load(write(t, content))
			if err == nil {
				if _, faults := c.Validate(); len(faults) > 0 {
					err = faults
				}
			}
			faults, ok := errors.AsType[settings.Faults](err)
			if !ok || len(faults) != 1 || faults[0].Key != key || faults[0].Line != 1 || faults[0].What.FR == "" || faults[0].Hint.FR == "" {
				t.Errorf("error %v, want one fault of line 1 at %s, with what to do", err, key)
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
		"slow":      {"network: {request_rate: 0.1}", "network.request_rate"},
		"rhythm":    {"schedule: {every: 1s}", "schedule.every"},
		"export":    {"applications: [{id: dpi}]", "applications[0]"},
		"hash":      {`templates: {program_sha256: "12"}`, "templates.program_sha256"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := load(write(t, test.content))
			if err != nil {
				t.Fatal(err)
			}
			_, faults := c.Validate()
			if !strings.Contains(faults.Error(), test.want) {
				t.Errorf("Validate = %v, want a fault that names %q", faults, test.want)
			}
			for _, f := range faults {
				if f.Key == "" || f.What.FR == "" || f.What.EN == "" || f.Hint.FR == "" || f.Hint.EN == "" {
					t.Errorf("the fault %+v does not say its place, its cause and what to do in both languages", f)
				}
			}
		})
	}
}

func TestValidateWarnsOfWrongKey(t *testing.T) {
	c, err := load(write(t, `establishment: {finess: "458174839"}`))
	if err != nil {
		t.Fatal(err)
	}
	if warnings, faults := c.Validate(); len(faults) > 0 || len(warnings) != 1 {
		t.Errorf("Validate = %v, %v, want one warning and no fault", warnings, faults)
	}
}

func TestEnvironmentWins(t *testing.T) {
	t.Setenv("CARESCAN_STATE", "/elsewhere")
	c, err := load(write(t, "state: here"))
	if err != nil || c.State != "/elsewhere" {
		t.Errorf("state = %q, %v, want that of the environment", c.State, err)
	}
}

func FuzzParseSite(f *testing.F) {
	for _, seed := range []string{"https://www.chu.fr", "https://www.chu.fr:443/", "https://a@b.fr", "http://x.fr"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, site string) {
		if target, err := config.ParseSite(site); err == nil && !strings.HasPrefix(target.ID, "https://") {
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
