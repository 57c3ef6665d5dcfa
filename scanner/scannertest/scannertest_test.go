// SPDX-License-Identifier: Apache-2.0

package scannertest_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/scannertest"
)

func start(t *testing.T) *scannertest.Hospital {
	t.Helper()
	h, err := scannertest.Start(scannertest.Options{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("close the hospital: %v", err)
		}
	})
	return h
}

// dialer connects to a "host:port" of the hospital through its redirects.
func dialer(h *scannertest.Hospital) func(context.Context, string, string) (net.Conn, error) {
	redirects := h.Settings().Redirects
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, redirects[address])
	}
}

func TestStartRefusesAnythingButLoopback(t *testing.T) {
	for _, address := range []string{"0.0.0.0", "192.0.2.1", "::1", "localhost"} {
		h, err := scannertest.Start(scannertest.Options{Address: address, Folder: t.TempDir()})
		if err == nil {
			t.Errorf("%s: started, want a refusal", address)
			_ = h.Close()
		}
	}
}

func TestStartNeedsFolder(t *testing.T) {
	if _, err := scannertest.Start(scannertest.Options{}); err == nil {
		t.Error("started without a folder")
	}
}

func TestStartClosesWhatItOpenedWhenItFails(t *testing.T) {
	folder := t.TempDir()
	// A folder where the last file should go.
	if err := os.Mkdir(filepath.Join(folder, "manifest.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := scannertest.Start(scannertest.Options{Folder: folder}); err == nil {
		t.Error("started without its manifest")
	}
	waitNobodyWorks(t)
}

func TestFilesAreForTheOwnerOnly(t *testing.T) {
	h := start(t)
	folder := filepath.Dir(h.Settings().CAFile)
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), info.Mode())
		}
		names = append(names, f.Name())
	}
	want := []string{
		"annuaire.motdepasse", "attestations.yaml", "autorite.pem", "certificats-publics.txt", "dpi.csv", "exercice-de-crise.txt",
		"hosting.yaml", "manifest.json", "pharmacie.csv", "pssi.txt",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestEstablishmentNumbersAreValid(t *testing.T) {
	e := start(t).Settings().Establishment
	for _, number := range []scanner.FINESS{e.FINESS, e.LegalFINESS} {
		if _, warning, err := scanner.ParseFINESS(string(number)); err != nil || warning != "" {
			t.Errorf("%s: %v %s", number, err, warning)
		}
	}
}

func TestSettingsAreACopy(t *testing.T) {
	h := start(t)
	s := h.Settings()
	s.Redirects["www.chu-exemple.test:443"] = "elsewhere"
	s.Domains[0] = "elsewhere"
	if got := h.Settings(); got.Redirects["www.chu-exemple.test:443"] == "elsewhere" || got.Domains[0] == "elsewhere" {
		t.Error("the settings of the hospital changed")
	}
}

func TestManifestFileSaysTheSame(t *testing.T) {
	h := start(t)
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(h.Settings().CAFile), "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got scannertest.Manifest
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h.Manifest(), got); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
}

func TestManifestSpeaksOfDeclaredTargets(t *testing.T) {
	h := start(t)
	declared := targets(h.Settings())
	seen := map[string]bool{}
	m := h.Manifest()
	for _, f := range slices.Concat(m.Faults, m.Unknowns) {
		key := f.Check + " " + f.Target.Key()
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
		if !slices.Contains(declared, f.Target) {
			t.Errorf("%s: the target is not one of the hospital", key)
		}
		if f.Reason == "" || f.Description.FR == "" || f.Description.EN == "" {
			t.Errorf("%s: no reason or no description", key)
		}
	}
}

// targets lists all there is to look at.
func targets(s scannertest.Settings) []scanner.Target {
	list := []scanner.Target{
		{Kind: scanner.KindEstablishment, ID: string(s.Establishment.FINESS)},
		{Kind: scanner.KindDirectory, ID: s.Directory.ID},
		// In the hosting register.
		{Kind: scanner.KindApplication, ID: "prise-rdv"},
		{Kind: scanner.KindApplication, ID: "telesurveillance"},
	}
	for _, domain := range s.Domains {
		list = append(list, scanner.DomainTarget(domain))
	}
	for _, origin := range s.Sites {
		list = append(list, scanner.Target{Kind: scanner.KindSite, ID: origin},
			scanner.ServiceTarget(strings.TrimPrefix(origin, "https://"), 443))
	}
	for _, place := range s.Services {
		list = append(list, scanner.ServiceTarget(strings.TrimSuffix(place, ":443"), 443))
	}
	for _, host := range s.Hosts {
		list = append(list, scanner.HostTarget(host))
	}
	for _, a := range s.Applications {
		list = append(list, scanner.Target{Kind: scanner.KindApplication, ID: a.ID})
	}
	return list
}

// nowhere is where closed ports lead.
const nowhere = "127.0.0.1:1"

func TestTwoHospitalsAtOnce(t *testing.T) {
	a, b := start(t), start(t)
	for address, to := range a.Settings().Redirects {
		if to == "" || to == b.Settings().Redirects[address] && to != nowhere {
			t.Errorf("%s leads to %q in both", address, to)
		}
	}
	if a.Settings().Directory.PasswordFile == b.Settings().Directory.PasswordFile {
		t.Error("both use the same password file")
	}
}

func TestAnotherAddress(t *testing.T) {
	h, err := scannertest.Start(scannertest.Options{Address: "127.0.0.9", Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for address, to := range h.Settings().Redirects {
		want := "127.0.0.9"
		switch {
		case slices.Contains([]string{"ns2.chu-exemple.test:53", "ns2.ifsi-exemple.test:53"}, address):
			want = "127.0.1.9"
		case strings.Contains(address, ".operateur-exemple.test:"):
			want = "127.0.2.9"
		}
		if !strings.HasPrefix(to, want+":") {
			t.Errorf("%s leads to %s, want %s", address, to, want)
		}
	}
}

func TestAnotherDay(t *testing.T) {
	day := time.Date(2031, time.March, 3, 10, 0, 0, 0, time.UTC)
	h, err := scannertest.Start(scannertest.Options{Folder: t.TempDir(), Now: func() time.Time { return day }})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	s := h.Settings()
	for file, want := range map[string]string{
		s.RegisterFile:     "as_of: 2031-03-02\n",
		s.AttestationsFile: "{topic: crisis-exercise, date: 2030-01-03,",
	} {
		if raw, err := os.ReadFile(file); err != nil || !strings.Contains(string(raw), want) {
			t.Errorf("%s does not say %q (%v)", file, want, err)
		}
	}
	info, err := os.Stat(s.Applications[0].File)
	if err != nil || !info.ModTime().Equal(day.AddDate(0, 0, -1)) {
		t.Errorf("export is dated %v (%v)", info.ModTime(), err)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	h := start(t)
	askEverything(t, h)
	idle, err := net.Dial("tcp", h.Settings().Redirects["annuaire.chu-exemple.test:636"])
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close() // a client that stays must not hold the hospital
	for range 2 {
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for address, to := range h.Settings().Redirects {
		if conn, err := net.Dial("tcp", to); err == nil {
			_ = conn.Close()
			t.Errorf("%s still answers", address)
		}
	}
	if packets, err := net.ListenPacket("udp4", h.Settings().Resolvers[0]); err != nil {
		t.Errorf("the DNS port is still taken: %v", err)
	} else {
		_ = packets.Close()
	}
	waitNobodyWorks(t)
}

// waitNobodyWorks waits until no goroutine runs code of the hospital or of its
// servers: they leave a moment after their sockets close. The time limit of the
// test run ends it when one never leaves.
func waitNobodyWorks(t *testing.T) {
	t.Helper()
	working := func() bool {
		stacks := make([]byte, 1<<20)
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			served := strings.Contains(stack, "/scannertest.(*") || strings.Contains(stack, "dns.(*Server)") || strings.Contains(stack, "http.(*conn)")
			if served && !strings.Contains(stack, "testing.tRunner") {
				return true
			}
		}
		return false
	}
	for working() {
		runtime.Gosched()
	}
}
