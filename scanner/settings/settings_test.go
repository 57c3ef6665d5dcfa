// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"encoding"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"carescan/scanner"
)

func read(t *testing.T, file string) agent {
	t.Helper()
	var a agent
	if _, err := Decode("agent.yaml", []byte(file), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTextsAreKeptAsWritten holds what YAML would take for numbers, booleans and
// dates: INSEE codes and FINESS numbers begin with a zero, selectors have
// underscores.
func TestTextsAreKeptAsWritten(t *testing.T) {
	for _, text := range []string{
		"04", "020000063", "2024_01", "1.10", "yes", "no", "on", "true", "False", "0x10", "1e3", ".inf", "0o7", "1_000",
		"2027-01-01", "2027-01-01 18:00:00", "07:00", "12:30:45", "=", "chu.test", "Hôpital d'Avesnes", "-5", "+33", "1,5",
	} {
		t.Run(text, func(t *testing.T) {
			for _, written := range []string{text, `"` + text + `"`} {
				a := read(t, "establishment:\n  region: "+written+"\nscope:\n  names:\n  - "+written+"\n")
				if a.Establishment.Region != text || a.Scope.Names[0] != text {
					t.Errorf("%s was read as %q and %q", written, a.Establishment.Region, a.Scope.Names[0])
				}
			}
		})
	}
}

func TestDecode(t *testing.T) {
	const file = "\ufeffstate: \"\"\r\nvantage: internet\r\n" +
		"establishment: {finess: 020000063, name: CH Exemple, region: 04}\r\n" +
		`scope:
  names: ["chu.test", '*.chu.test']
  ranges:
    - 192.0.2.0/24
    - 2001:db8::/32
  authorisation: {by: DG, from: 01/01/2026, until: "2027-06-01"}
targets: {sites: []}
network:
  rate_per_host: 0.5
  budget_per_host: "300"
  networks: [64500, 4294967295]
  source_address: 192.0.2.1
  confirm_after: 1h30m
mail:
- {domain: chu.test, selectors: [2024_01, 1.10]}
application: {sensitive: true, mfa: false}
peers: ["192.0.2.1:443", "[2001:db8::1]:443"]
moment: 2027-06-01T08:00:00Z
`
	want := agent{
		Vantage:       scanner.VantageInternet,
		Establishment: establishment{FINESS: "020000063", Name: "CH Exemple", Region: "04"},
		Targets:       targets{Sites: []string{}},
		Network: network{
			Pace:          Pace{RatePerHost: 0.5, BudgetPerHost: 300, Networks: []uint32{64500, 4294967295}},
			SourceAddress: netip.MustParseAddr("192.0.2.1"), ConfirmAfter: 90 * time.Minute,
		},
		Mail:        []mail{{Domain: "chu.test", Selectors: []string{"2024_01", "1.10"}}},
		Application: &application{Sensitive: true, MFA: new(bool)},
		Peers:       []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:443"), netip.MustParseAddrPort("[2001:db8::1]:443")},
		Moment:      time.Date(2027, 6, 1, 8, 0, 0, 0, time.UTC),
	}
	want.Scope = scope{Names: []string{"chu.test", "*.chu.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}}
	want.Scope.Authorisation.By = "DG"
	want.Scope.Authorisation.From = day(t, "2026-01-01")
	want.Scope.Authorisation.Until = day(t, "2027-06-01")
	got := read(t, file)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestNothingWrittenChangesNothing(t *testing.T) {
	for name, file := range map[string]string{"empty": "", "comments": "# rien\n", "document": "---\n", "mark": "\ufeff", "braces": "{}"} {
		t.Run(name, func(t *testing.T) {
			a := agent{State: "before", Targets: targets{Sites: []string{"https://a.test"}}}
			if _, err := Decode("agent.yaml", []byte(file), &a); err != nil || a.State != "before" || len(a.Targets.Sites) != 1 {
				t.Errorf("read %+v, %v, want what was there before", a, err)
			}
		})
	}
}

func TestReadOpensRegularFilesOnly(t *testing.T) {
	folder := t.TempDir()
	large := filepath.Join(folder, "large.yaml")
	if err := os.WriteFile(large, make([]byte, MaxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ path, want string }{
		"absent": {filepath.Join(folder, "none.yaml"), "the file does not exist"},
		"folder": {folder, "this is not a regular file"},
		"device": {"/dev/zero", "this is not a regular file"},
		"large":  {large, "the file exceeds 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(test.path, &agent{})
			faults, ok := errors.AsType[Faults](err)
			if !ok || len(faults) != 1 || faults[0].File != test.path || !strings.Contains(faults[0].What.EN, test.want) {
				t.Errorf("Read = %v, want a fault of %s: %s", err, test.path, test.want)
			}
		})
	}
}

// TestPlace shows how a Validate that knows keys only gets the lines.
func TestPlace(t *testing.T) {
	var a agent
	file, err := Decode("agent.yaml", []byte("state: a\ntargets:\n  sites:\n    - https://a.test\n    - nowhere\n"), &a)
	if err != nil {
		t.Fatal(err)
	}
	var all Faults
	all.Add("targets.sites[1]", Say("ce n'est pas un site", "this is no site"), scanner.Text{})
	all.Add("targets.domains", Say("un domaine manque", "a domain is missing"), scanner.Text{})
	all.Add("scope.names", Say("rien n'est déclaré", "nothing is declared"), scanner.Text{})
	want := []string{
		"agent.yaml, line 5, targets.sites[1]: this is no site",
		"agent.yaml, line 2, targets.domains: a domain is missing",
		"agent.yaml, scope.names: nothing is declared",
	}
	var got []string
	for _, fault := range file.Place(all) {
		got = append(got, fault.Error())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if !file.Has("targets.sites[1]") || file.Has("scope") {
		t.Error("the file must know what it holds")
	}
}

func TestSet(t *testing.T) {
	var a agent
	if err := Set(&a, "scope.authorisation.until", "2027-06-01"); err != nil || a.Scope.Authorisation.Until.String() != "2027-06-01" {
		t.Errorf("until = %s, %v", a.Scope.Authorisation.Until, err)
	}
	err := Set(&a, "network.confirm_after", "10")
	if fault, ok := errors.AsType[Fault](err); !ok || fault.Error() != `network.confirm_after: "10" has no unit` {
		t.Errorf("Set = %v, want a fault of the key", err)
	}
	if err := Set(&a, "network.colour", "10"); err == nil {
		t.Error("a key that does not exist was set")
	}
}

func TestPaths(t *testing.T) {
	want := []string{
		"state", "vantage", "establishment.finess", "establishment.name", "establishment.region", "scope.names", "scope.ranges",
		"scope.authorisation.by", "scope.authorisation.from", "scope.authorisation.until", "targets.sites",
		"network.rate_per_host", "network.budget_per_host", "network.networks", "network.source_address", "network.confirm_after",
		"mail.domain", "mail.selectors", "application.sensitive", "application.mfa", "peers", "moment",
	}
	if diff := cmp.Diff(want, Paths(agent{})); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func TestDiscreetFaultsRepeatNothing(t *testing.T) {
	for _, test := range refusals {
		file := strings.NewReplacer("a.test", "zorglub.test", "blue", "Zorglub", "colour", "zorglub", "demain", "Zorglub", "bientôt", "Zorglub", "localhost", "zorglub", "beaucoup", "zorglub").Replace(test.file)
		if _, err := DecodeDiscreetly("", []byte(file), &agent{}); err == nil || strings.Contains(strings.ToLower(err.Error()), "zorglub") {
			t.Errorf("%s: %v, want a fault that repeats nothing", test.name, err)
		}
	}
}

func day(t *testing.T, text string) Day {
	t.Helper()
	d, err := ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDay holds that a day is included whole, in France.
func TestDay(t *testing.T) {
	for name, test := range map[string]struct{ text, start, end, shown string }{
		"winter":      {"2026-11-30", "2026-11-29T23:00:00Z", "2026-11-30T23:00:00Z", "2026-11-30"},
		"summer":      {"2027-06-01", "2027-05-31T22:00:00Z", "2027-06-01T22:00:00Z", "2027-06-01"},
		"french":      {"01/06/2027", "2027-05-31T22:00:00Z", "2027-06-01T22:00:00Z", "2027-06-01"},
		"of-23-hours": {"2027-03-28", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", "2027-03-28"},
		"of-25-hours": {"2027-10-31", "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z", "2027-10-31"},
		"leap":        {"2028-02-29", "2028-02-28T23:00:00Z", "2028-02-29T23:00:00Z", "2028-02-29"},
		"moment":      {"2027-06-01T12:00:00-04:00", "2027-06-01T16:00:00Z", "2027-06-01T16:00:00Z", "2027-06-01T12:00:00-04:00"},
	} {
		t.Run(name, func(t *testing.T) {
			d := day(t, test.text)
			got := []string{d.Start().UTC().Format(time.RFC3339), d.End().UTC().Format(time.RFC3339), d.String()}
			if diff := cmp.Diff([]string{test.start, test.end, test.shown}, got); diff != "" {
				t.Errorf("start, end and words (-want +got):\n%s", diff)
			}
			first, last := scanner.Authorisation{From: d.Start().UTC(), Until: d.End().UTC()}.Days()
			want := day(t, test.text).Start().In(scanner.Zone).Format(time.DateOnly)
			if first.Format(time.DateOnly) != want || last.Format(time.DateOnly) != want {
				t.Errorf("days %s and %s, want %s", first, last, want)
			}
		})
	}
	if !(Day{}).IsZero() || (Day{}).String() != "" || !(Day{}).End().IsZero() {
		t.Error("a date that was not written has neither start, end nor words")
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "10m": 10 * time.Minute, "12h": 12 * time.Hour, "7d": 168 * time.Hour, "2j": 48 * time.Hour,
		"1d12h": 36 * time.Hour, "1.5h": 90 * time.Minute, "1h0m0s": time.Hour, "100ms": 100 * time.Millisecond, "0s": 0,
	} {
		if got, fault := (voice{}).duration(text); fault != nil || got != want {
			t.Errorf("%q is read as %v, %v, want %v", text, got, fault, want)
		}
	}
}

// FuzzParse holds that a date or a duration that is accepted is written as it is
// read.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"2027-06-01", "01/06/2027", "2027-06-01T18:00:00.5+02:00", "2027-03-28T02:30:00Z", "30s", "1d12h0.5m", "99999999h", "0.001s", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDay(text); err == nil {
			if again, err := ParseDay(d.String()); err != nil || !again.Equal(d) || d.IsZero() || d.End().Before(d.Start()) {
				t.Errorf("day %q: %s, then %s, %v", text, d, again, err)
			}
		}
		if d, fault := (voice{}).duration(text); fault == nil {
			if again, fault := (voice{}).duration(d.String()); fault != nil || again != d || d < 0 {
				t.Errorf("duration %q: %s, then %s, %v", text, d, again, fault)
			}
		}
	})
}

// FuzzDecode holds that no file breaks the reader, and that what it accepts means
// the same once written again.
func FuzzDecode(f *testing.F) {
	for _, test := range refusals {
		if len(test.file) < 1000 {
			f.Add([]byte(test.file))
		}
	}
	f.Add([]byte("scope: {authorisation: {from: 01/01/2026, until: 2027-06-01T18:00:00+02:00}}\nnetwork: {confirm_after: 7d}"))
	f.Add([]byte("establishment:\n  region: 04\n  name: |\n    a\n    b\nmail:\n- domain: >-\n    x\n\n    y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<14 {
			t.Skip("large files are among the refusals")
		}
		var first, second agent
		if _, err := Decode("", data, &first); err != nil {
			faults, ok := errors.AsType[Faults](err)
			if !ok || len(faults) == 0 {
				t.Fatalf("%T is not Faults", err)
			}
			for _, fault := range faults {
				if fault.What.FR == "" || fault.What.EN == "" || fault.Hint.FR == "" || fault.Hint.EN == "" {
					t.Errorf("%+v lacks words", fault)
				}
			}
			return
		}
		again, err := yaml.Marshal(rewritten(reflect.ValueOf(first)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode("", again, &second); err != nil {
			t.Fatalf("%q was accepted, and %q is not: %v", data, again, err)
		}
		if diff := cmp.Diff(first, second, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
			cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
			t.Errorf("%q does not mean the same once written again as %q (-want +got):\n%s", data, again, diff)
		}
	})
}

// rewritten is a settings struct as YAML, every value between quotes.
func rewritten(v reflect.Value) *yaml.Node {
	if text, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		written, _ := text.MarshalText() // it was read
		return quotedNode(string(written))
	}
	if v.Kind() == reflect.Pointer {
		return rewritten(v.Elem())
	}
	if v.Kind() == reflect.Float64 {
		return quotedNode(strconv.FormatFloat(v.Float(), 'f', -1, 64))
	}
	if v.Kind() == reflect.Slice {
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, item := range v.Seq2() {
			list.Content = append(list.Content, rewritten(item))
		}
		return list
	}
	if v.Kind() == reflect.Struct {
		keys := &yaml.Node{Kind: yaml.MappingNode}
		for _, f := range fieldsOf(v.Type()) {
			if value := v.FieldByIndex(f.Index); !value.IsZero() {
				keys.Content = append(keys.Content, quotedNode(f.key), rewritten(value))
			}
		}
		return keys
	}
	return quotedNode(fmt.Sprint(v.Interface()))
}

func quotedNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: text}
}
