// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// agent resembles the configuration of an agent, with every kind of value.
type agent struct {
	State         string           `yaml:"state"`
	Vantage       scanner.Vantage  `yaml:"vantage"`
	Establishment establishment    `yaml:"establishment"`
	Scope         scope            `yaml:"scope"`
	Targets       targets          `yaml:"targets"`
	Network       network          `yaml:"network"`
	Mail          []mail           `yaml:"mail"`
	Application   *application     `yaml:"application"`
	Peers         []netip.AddrPort `yaml:"peers"`
	Moment        time.Time        `yaml:"moment"`
}

type establishment struct {
	FINESS string `yaml:"finess"`
	Name   string `yaml:"name"`
	Region string `yaml:"region"`
}

type scope struct {
	Names         []string       `yaml:"names"`
	Ranges        []netip.Prefix `yaml:"ranges"`
	Authorisation struct {
		By    string `yaml:"by"`
		From  Day    `yaml:"from"`
		Until Day    `yaml:"until"`
	} `yaml:"authorisation"`
}

type targets struct {
	Sites []string `yaml:"sites"`
}

type network struct {
	Pace          `yaml:",inline"`
	SourceAddress netip.Addr    `yaml:"source_address"`
	ConfirmAfter  time.Duration `yaml:"confirm_after"`
}

// Pace is inline in network.
type Pace struct {
	RatePerHost   float64  `yaml:"rate_per_host"`
	BudgetPerHost int      `yaml:"budget_per_host"`
	Networks      []uint32 `yaml:"networks"`
}

type mail struct {
	Domain    string   `yaml:"domain"`
	Selectors []string `yaml:"selectors"`
}

type application struct {
	Sensitive bool  `yaml:"sensitive"`
	MFA       *bool `yaml:"mfa"`
}

// refusals is every way a file is refused; testdata/refusals.golden shows the
// sentences.
var refusals = []struct{ name, file string }{
	{"whole-comma", "network: {budget_per_host: \"0,5\"}"},
	{"whole-point", "network: {budget_per_host: 1.5}"},
	{"whole-exponent", "network: {budget_per_host: 1e3}"},
	{"whole-hexadecimal", "network: {budget_per_host: 0x10}"},
	{"whole-leading-zero", "network: {budget_per_host: 010}"},
	{"whole-underscore", "network: {budget_per_host: 1_000}"},
	{"whole-space", "network: {budget_per_host: 1 000}"},
	{"whole-words", "network: {budget_per_host: beaucoup}"},
	{"whole-too-large", "network: {budget_per_host: 99999999999999999999}"},
	{"whole-of-32-bits", "network: {networks: [4294967295, 4294967296]}"},
	{"whole-negative", "network: {networks: [-1]}"},
	{"fraction-comma", "network:\n  rate_per_host: 0,5\n"},
	{"fraction-comma-in-braces", "network: {rate_per_host: 0,5}"},
	{"fraction-infinite", "network: {rate_per_host: .inf}"},
	{"fraction-exponent", "network: {rate_per_host: 1e3}"},
	{"fraction-leading-zero", "network: {rate_per_host: 05}"},
	{"boolean-yes", "application: {sensitive: yes}"},
	{"boolean-capital", "application: {sensitive: True}"},
	{"boolean-oui", "application: {mfa: oui}"},
	{"duration-without-unit", "network: {confirm_after: 10}"},
	{"duration-zero", "network: {confirm_after: 0}"},
	{"duration-zero-with-unit", "network:\n  confirm_after: 0s\n"},
	{"count-zero", "network: {budget_per_host: 0}"},
	{"count-minus-zero", "network: {budget_per_host: -0}"},
	{"rate-zero", "network:\n  rate_per_host: 0.0\n"},
	{"duration-negative", "network: {confirm_after: -5m}"},
	{"duration-french-hour", "network: {confirm_after: 1h30}"},
	{"duration-space", "network: {confirm_after: 30 s}"},
	{"duration-words", "network: {confirm_after: bientôt}"},
	{"duration-nanoseconds", "network: {confirm_after: 10ns}"},
	{"duration-too-long", "network: {confirm_after: 99999d}"},
	{"duration-overflow", "network: {confirm_after: 99999d876000h}"},
	{"date-words", "scope: {authorisation: {until: bientôt}}"},
	{"date-short-year", "scope: {authorisation: {until: 01/06/27}}"},
	{"date-impossible", "scope: {authorisation: {until: 2027-02-30}}"},
	{"date-month-first", "scope: {authorisation: {until: 06/13/2027}}"},
	{"date-hour-without-zone", "scope: {authorisation: {until: 2027-06-01 18:00:00}}"},
	{"date-before-1900", "scope: {authorisation: {from: 0001-01-01}}"},
	{"null-text", "establishment: {region: null}"},
	{"null-tilde", "establishment: {region: ~}"},
	{"null-empty-text", "establishment:\n  region:\n"},
	{"null-empty-list", "targets:\n  sites:\n"},
	{"null-empty-section", "scope:\ntargets: {}\n"},
	{"null-number", "network: {budget_per_host: null}"},
	{"null-pointer", "application:\n"},
	{"null-item", "targets:\n  sites:\n    - https://a.test\n    -\n"},
	{"duplicate-key", "state: a\nvantage: inside\nstate: b\n"},
	{"duplicate-section", "scope: {names: [a.test]}\nscope: {colour: blue}\n"},
	{"unknown-near", "etablishment: {finess: \"750712184\"}"},
	{"unknown-case", "Scope: {names: [a.test]}"},
	{"unknown-hyphen", "network: {confirm-after: 10m}"},
	{"unknown-far", "colour: blue"},
	{"unknown-elsewhere", "scope:\n  names: [a.test]\nuntil: 2027-01-01\n"},
	{"unknown-in-list", "mail: [{domain: a.test, selector: s1}]"},
	{"list-for-one", "establishment: {region: [84]}"},
	{"list-for-item", "targets: {sites: [[a.test]]}"},
	{"keys-for-one", "establishment:\n  name:\n    site: Nord\n"},
	{"keys-for-item", "targets:\n  sites:\n    - https: //a.test\n"},
	{"one-for-list", "targets: {sites: \"https://a.test\"}"},
	{"one-for-list-of-keys", "mail: a.test"},
	{"keys-for-list", "mail: {domain: a.test}"},
	{"one-for-keys", "scope: a.test"},
	{"list-for-keys", "scope: [a.test]"},
	{"item-for-keys", "mail: [a.test]"},
	{"file-of-text", "bonjour"},
	{"file-of-list", "- bonjour"},
	{"file-of-null", "null"},
	{"address", "network: {source_address: localhost}"},
	{"range-without-length", "scope: {ranges: [192.0.2.1]}"},
	{"address-without-port", "peers: [192.0.2.1]"},
	{"own-text", "moment: demain"},
	{"anchor", "state: &a ici\nvantage: *a\n"},
	{"alias-without-anchor", "state: *a"},
	{"merge", "scope: {<<: {names: [a.test]}}"},
	{"tag", "state: !!binary aWNp"},
	{"key-of-list", "? [a, b]\n: c\n"},
	{"two-documents", "state: a\n---\nstate: b\n"},
	{"utf-16", "\xff\xfes\x00t\x00"},
	{"latin-1", "state: ici\nestablishment: {name: H\xf4pital}\n"},
	{"control-character", "state: ici\nestablishment: {name: \"a\x00b\"}\n"},
	{"unseen-line-break", "state: a\u2028b"},
	{"too-deep", "state: " + strings.Repeat("[", 50) + strings.Repeat("]", 50)},
	{"much-too-deep", strings.Repeat("[", 20_000)},
	{"too-many-keys", "targets: {sites: [" + strings.Repeat("a,", 10_001) + "]}"},
	{"too-large", strings.Repeat("#", MaxFile+1)},
	{"syntax-tab", "scope:\n  names: [a.test]\n\tranges: []\n"},
	{"syntax-open-bracket", "state: a\nscope:\n  names: [a.test\nvantage: inside\n"},
	{"syntax-open-brace", "state: a\nscope: {names: [a.test]\n"},
	{"syntax-open-quote", "state: a\nvantage: \"inside\nscope: {}\n"},
	{"syntax-indentation", "scope:\n  names: [a.test]\n   ranges: []\nstate: a\n"},
	{"syntax-indentation-back", "scope:\n    names: [a.test]\n  ranges: []\nstate: a\n"},
	{"syntax-colon-in-text", "state: a\nestablishment:\n  name: Hôpital: site Nord\n  region: \"84\"\n"},
	{"syntax-no-colon", "state: a\nvantage inside\nscope: {}\n"},
	{"syntax-dash", "targets:\n  sites: - https://a.test\n"},
	{"syntax-dashes", "targets:\n  sites:\n  - https://a.test\n  https://b.test\n"},
	{"syntax-backslash", "state: a\nvantage: \"C:\\carescan\"\n"},
	{"syntax-at", "state: @ici"},
	{"several-at-once", "state: [a]\nscope: {names: a.test, ranges: [x, 192.0.2.0/24, y]}\nnetwork: {confirm_after: 10}\ncolour: blue\n"},
	{"more-than-shown", "targets: {sites: [" + strings.Repeat("~, ", MostShown+3) + "]}"},
}

func TestRefusals(t *testing.T) {
	var got strings.Builder
	for _, test := range refusals {
		_, err := Decode("agent.yaml", []byte(test.file), &agent{})
		faults, ok := errors.AsType[Faults](err)
		if !ok {
			t.Errorf("%s: Decode = %v, want faults", test.name, err)
		}
		fmt.Fprintf(&got, "== %s\n", test.name)
		if len(test.file) < 200 && utf8.ValidString(test.file) && !strings.Contains(test.file, "\x00") {
			fmt.Fprintf(&got, "%s\n", strings.TrimSuffix(test.file, "\n"))
		}
		for _, fault := range faults.Shown() {
			for _, l := range scanner.Langs() {
				fmt.Fprintf(&got, "   %s [%d] %s → %s\n", l, fault.Column, fault.Sentence(l), fault.Hint.In(l))
			}
		}
	}
	golden(t, "refusals.golden", got.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("sentences (-want +got):\n%s", diff)
	}
}
