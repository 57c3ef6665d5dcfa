// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/yamlfile"
)

var _ scanner.Probe = Probe{}

// names is a network door that only resolves, from a table.
type names map[string][]netip.Addr

func (names) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("this probe must not connect")
}
func (names) Permits(context.Context, string) error                     { return nil }
func (names) Pace(context.Context, string) error                        { return nil }
func (names) Resolvers() []netip.AddrPort                               { return nil }
func (names) Parents(context.Context, string) ([]netip.AddrPort, error) { return nil, nil }
func (names) Intrusive() error                                          { return nil }
func (names) UserAgent() string                                         { return "test" }
func (n names) Lookup(_ context.Context, host string) ([]netip.Addr, error) {
	addrs, known := n[host]
	if !known {
		return nil, errors.New("no answer")
	}
	return addrs, nil
}

// atlas knows the documentation network 192.0.2.0/24.
type atlas struct{}

func (atlas) About() string { return "atlas 2026-10-01" }
func (atlas) Locate(addr netip.Addr) (uint32, string, string) {
	if netip.MustParsePrefix("192.0.2.0/24").Contains(addr) {
		return 64500, "EXEMPLE", "FR"
	}
	return 0, "", ""
}

func observe(t *testing.T, content string, resolve bool) (string, []scanner.Sighting, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hosting.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	door := names{"dpi.hebergeur.test": {netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}, "vide.test": nil}
	target := scanner.Target{Kind: scanner.KindRegister, ID: RegisterID}
	sightings, err := New(Config{file, resolve}, atlas{}).Observe(t.Context(), door, target)
	return file, sightings, err
}

const sample = `as_of: 2026-10-01
applications:
  - id: dpi
    name: Dossier patient informatisé
    mode: saas
    health_data: true
    activities: [1,2,3,4,5,6]
    endpoints: [DPI.hebergeur.test., vide.test, absent.test, 192.0.2.9]
    chain:
      - provider: Hébergeur Exemple
        role: hébergeur
        activities: [1,2,3,4,6]
        asns: [64500]
        certificate: {number: "FR000001", body: "Certificateur Exemple", version: 2, activities: [1,2,3,4,6], issued: 2025-01-10, expires: "2028-01-09"}
  - {id: intranet, mode: interne, health_data: false}
`

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestObserveReadsAndResolves(t *testing.T) {
	_, got, err := observe(t, sample, true)
	if err != nil {
		t.Fatal(err)
	}
	want := []scanner.Sighting{
		{Target: scanner.Target{Kind: scanner.KindApplication, ID: "dpi"}, Fact: fact.Hosting{
			Application: "Dossier patient informatisé", Mode: fact.HostedAsService, HealthData: true, Activities: []int{1, 2, 3, 4, 5, 6},
			Chain: []fact.HostLink{{
				Provider: "Hébergeur Exemple", Role: "hébergeur", Activities: []int{1, 2, 3, 4, 6}, ASNs: []uint32{64500},
				Certificate: &fact.HDSCertificate{
					Number: "FR000001", Body: "Certificateur Exemple", Version: "2", Activities: []int{1, 2, 3, 4, 6},
					Issued: date(2025, 1, 10), Expires: date(2028, 1, 9),
				},
			}},
			Endpoints: []fact.Endpoint{
				{Host: "dpi.hebergeur.test", Addresses: []fact.Address{{IP: "192.0.2.7", ASN: 64500, ASName: "EXEMPLE", Country: "FR"}, {IP: "2001:db8::7"}}},
				{Host: "vide.test"},
				{Host: "absent.test", Error: "no answer"},
				{Host: "192.0.2.9", Addresses: []fact.Address{{IP: "192.0.2.9", ASN: 64500, ASName: "EXEMPLE", Country: "FR"}}},
			},
			Geography: "atlas 2026-10-01",
		}},
		{Target: scanner.Target{Kind: scanner.KindApplication, ID: "intranet"}, Fact: fact.Hosting{
			Application: "intranet", Mode: fact.HostedInternally, Activities: []int{}, Chain: []fact.HostLink{}, Geography: "atlas 2026-10-01",
		}},
		{Fact: fact.Source{Kind: "register", AsOf: date(2026, 10, 1), Received: 2, Complete: true, Digest: scanner.Digest([]byte(sample))}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sightings (-want +got):\n%s", diff)
	}
}

func TestObserveWithoutResolving(t *testing.T) {
	_, got, err := observe(t, sample, false)
	if err != nil {
		t.Fatal(err)
	}
	h := got[0].Fact.(fact.Hosting)
	want := []fact.Endpoint{{Host: "dpi.hebergeur.test"}, {Host: "vide.test"}, {Host: "absent.test"}, {Host: "192.0.2.9"}}
	if diff := cmp.Diff(want, h.Endpoints); diff != "" || h.Geography != "" {
		t.Errorf("geography %q, endpoints (-want +got):\n%s", h.Geography, diff)
	}
}

func TestObserveRefuses(t *testing.T) {
	entry := func(text string) string { return "as_of: 2026-10-01\napplications:\n  - {" + text + "}\n" }
	const good = "id: dpi, mode: saas, health_data: true"
	for name, test := range map[string]struct{ content, want string }{
		"empty-file":          {"", "the file is empty"},
		"no-date":             {"applications: []\n", "as_of is missing"},
		"date-in-words":       {"as_of: octobre 2026\n", "line 1, as_of: the date must be written"},
		"unknown-key":         {entry(good + ", contact: Zorglub"), "line 3, applications[0]: this key is not known"},
		"unknown-mode":        {entry("id: dpi, mode: cloud, health_data: true"), "line 3, applications[0]: the mode must be one of"},
		"no-mode":             {entry("id: dpi, health_data: true"), "the mode must be one of"},
		"no-health-data":      {entry("id: dpi, mode: saas"), "health_data is missing"},
		"word-as-health-data": {entry("id: dpi, mode: saas, health_data: Zorglub"), "line 3, applications[0].health_data: this value is neither true nor false"},
		"bad-id":              {entry("id: D P I, mode: saas, health_data: true"), "the id must be a short word"},
		"same-id":             {entry(good) + "  - {" + good + "}\n", "line 4, applications[1]: this id is already taken"},
		"activity-seven":      {entry(good + ", activities: [7]"), "numbers from 1 to 6"},
		"activity-twice":      {entry(good + ", activities: [1, 1]"), "each written once"},
		"url-as-endpoint":     {entry(good + `, endpoints: ["https://dpi.test/"]`), "line 3, applications[0]: an endpoint is a name alone"},
		"port-in-endpoint":    {entry(good + `, endpoints: ["dpi.test:443"]`), "an endpoint is a name alone"},
		"nameless-provider":   {entry(good + ", chain: [{role: Zorglub}]"), "the provider is missing"},
		"bad-certificate":     {entry(good + ", chain: [{provider: A, certificate: {activities: [0]}}]"), "certificate: activities"},
		"negative-network":    {entry(good + ", chain: [{provider: A, asns: [-1]}]"), "line 3, applications[0].chain[0].asns[0]: the number of a network (AS) is expected"},
		"letters-in-network":  {entry(good + ", chain: [{provider: A, asns: [Zorglub]}]"), "line 3, applications[0].chain[0].asns[0]: the number of a network (AS) is expected"},
		"empty-mode":          {"as_of: 2026-10-01\napplications:\n  - id: dpi\n    mode:\n", "line 4, applications[0].mode: no value is written"},
		"windows-1252":        {"as_of: 2026-10-01\napplications:\n  - {id: dpi, name: \"d\xe9\"}\n", "line 3: the file is not UTF-8"},
		"long-name":           {entry(good + ", name: " + strings.Repeat("n", 201)), "at most 200 characters"},
		"two-documents":       {"as_of: 2026-10-01\n---\nas_of: 2026-10-01\n", "line 2: a second YAML document begins here"},
		"too-long-file":       {strings.Repeat("#", yamlfile.MaxFile+1), "at most 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			file, sightings, err := observe(t, test.content, true)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), filepath.Base(file)) {
				t.Fatalf("error = %v, want the file and %q", err, test.want)
			}
			if strings.Contains(err.Error(), "Zorglub") {
				t.Errorf("error repeats the content of the file: %v", err)
			}
			if len(sightings) != 1 || sightings[0].Fact.(fact.Source).Problem != err.Error() {
				t.Errorf("sightings = %+v, want the problem of the source alone", sightings)
			}
		})
	}
}

// TestRegisterAsPeopleWriteIt accepts 150 accented characters, which are 300 bytes,
// and a network with its usual name.
func TestRegisterAsPeopleWriteIt(t *testing.T) {
	name := strings.Repeat("é", 150)
	_, sightings, err := observe(t, "as_of: 2026-10-01\napplications:\n  - {id: dpi, name: "+name+
		", mode: tiers, health_data: true, activities: [1], endpoints: [dpi.hébergeur-exemple.test], chain: [{provider: Hébergeur, activities: [1], asns: [AS64500, as64501, 64502]}]}\n", false)
	if err != nil {
		t.Fatal(err)
	}
	h := sightings[0].Fact.(fact.Hosting)
	if h.Application != name {
		t.Errorf("application %q", h.Application)
	}
	if diff := cmp.Diff([]uint32{64500, 64501, 64502}, h.Chain[0].ASNs); diff != "" {
		t.Errorf("networks (-want +got):\n%s", diff)
	}
	if len(h.Endpoints) != 1 || h.Endpoints[0].Host != "dpi.xn--hbergeur-exemple-bqb.test" {
		t.Errorf("endpoints %+v, want the A-label of the Unicode name", h.Endpoints)
	}
}

func TestObserveStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "hosting.yaml")
	if err := os.WriteFile(file, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{file, true}, atlas{}).Observe(ctx, names{}, scanner.Target{Kind: scanner.KindRegister, ID: RegisterID})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want the end of the context", err)
	}
}

func TestObserveRefusesAnotherRegister(t *testing.T) {
	if _, err := New(Config{}, atlas{}).Observe(t.Context(), names{}, scanner.Target{Kind: scanner.KindRegister, ID: "other"}); err == nil {
		t.Error("another register was observed")
	}
}

func TestNothingPersonalComesOut(t *testing.T) {
	_, sightings, err := observe(t, "# contact: Zorglub, 01 23 45 67 89\n"+sample+"# reviewed by Zorglub\n", true)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(sightings)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "Zorglub") {
		t.Errorf("a name came out: %s", raw)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("as_of: 2026-10-01\napplications: [{id: a, mode: ght, health_data: true, endpoints: [a.test]}]"))
	f.Add([]byte("as_of: &a 2026-10-01\napplications: [*a]"))
	f.Add([]byte("? a\n: - b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parse(data)
		if err != nil {
			return
		}
		for _, a := range r.Applications {
			if h := a.fact(); h.Application == "" || h.Mode == "" || h.Activities == nil || h.Chain == nil {
				t.Errorf("an incomplete application was accepted: %+v", h)
			}
		}
	})
}
