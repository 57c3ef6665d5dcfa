// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// zoneText is what every zone of the tests holds, the root and "test" excepted.
const zoneText = `$TTL 300
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300
@ IN NS ns1
@ IN NS ns2
@ IN MX 10 mx
ns1 IN A 127.0.0.1
ns2 IN A 127.0.0.1
mx IN A 192.0.2.25
www IN CNAME mx
`

// recipe is how a zone of the tests is made and, often, spoilt.
type recipe struct {
	name   string // under "test", or under another zone of the list
	key    []string
	split  bool     // a key-signing and a zone-signing key
	sign   []string // arguments of dnssec-signzone
	more   string   // records beside those of every zone
	prints string   // DS in place of the right ones; "none" for none
	print  []string // arguments of dnssec-dsfromkey
	plain  bool     // not signed
	bare   bool     // the proof that it has no DS does not match its signature
	spoil  func(t *testing.T, w *world, signed string) string
	second []string // arguments of dnssec-signzone on the second server
}

func (r recipe) zone() string { return r.name + ".test." }

// world is a signed tree on loopback: BIND as two servers of every zone, and
// the first of them as a resolver that does not validate.
type world struct {
	dir    string
	anchor []string
	first  netip.AddrPort
	second netip.AddrPort
	keys   map[string]string // last key of a zone, as a file name without suffix
}

// newWorld signs and serves the zones, children before parents.
func newWorld(t *testing.T, recipes []recipe) *world {
	t.Helper()
	for _, tool := range []string{"named", "dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey"} {
		debian.Program(t, tool, "bind9 or bind9-utils")
	}
	w := &world{dir: t.TempDir(), keys: map[string]string{}}
	for _, folder := range []string{"first", "second"} {
		if err := os.Mkdir(filepath.Join(w.dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	delegations := map[string]string{}
	var bare []string
	zones := []string{".", "test."}
	for _, r := range recipes {
		zones = append(zones, r.zone())
		parent := r.zone()[strings.LastIndex(strings.TrimSuffix(r.name, "."), ".")+1:]
		if parent == r.zone() {
			parent = "test."
		}
		ds := w.make(t, r, delegations[r.zone()])
		cut := fmt.Sprintf("%[1]s NS ns1.%[1]s\n%[1]s NS ns2.%[1]s\nns1.%[1]s A 127.0.0.1\nns2.%[1]s A 127.0.0.1\n", r.zone())
		delegations[parent] += cut + ds
		if r.bare {
			bare = append(bare, r.zone())
		}
	}
	top := "$TTL 300\n@ IN SOA ns hostmaster 1 7200 3600 1209600 300\n@ IN NS ns.test.\n"
	spoilt := swollen(func(owner string) bool { return slices.Contains(bare, owner) })
	ds := w.build(t, "test.", recipe{spoil: spoilt}, top+"ns.test. A 127.0.0.1\n"+delegations["test."])
	w.anchor = strings.Split(strings.TrimSpace(w.build(t, ".", recipe{}, top+"test. NS ns.test.\nns.test. A 127.0.0.1\n"+ds)), "\n")
	w.first, w.second = w.serve(t, "first", zones), w.serve(t, "second", zones)
	return w
}

// make builds one zone and returns the DS its parent should publish.
func (w *world) make(t *testing.T, r recipe, below string) string {
	t.Helper()
	if r.plain {
		w.write(t, r.zone(), zoneText+r.more, zoneText+r.more)
	} else if ds := w.build(t, r.zone(), r, zoneText+r.more+below); r.prints == "" {
		return ds
	}
	if r.prints == "none" {
		return ""
	}
	return strings.ReplaceAll(r.prints, "@", r.zone())
}

// build signs a zone and returns the DS of its key.
func (w *world) build(t *testing.T, zone string, r recipe, text string) string {
	t.Helper()
	if len(r.key) == 0 {
		r.key = []string{"-a", "ECDSAP256SHA256"}
	}
	entry := w.keygen(t, zone, append([]string{"-f", "KSK"}, r.key...))
	text += w.read(t, entry+".key")
	args := append([]string{"-P", "-z"}, r.sign...)
	if r.split {
		text += w.read(t, w.keygen(t, zone, r.key)+".key")
		args = append([]string{"-P"}, r.sign...)
	}
	first := w.sign(t, zone, text, args)
	second := first
	if r.second != nil {
		second = w.sign(t, zone, text, append([]string{"-P", "-z"}, r.second...))
	}
	if r.spoil != nil {
		first = r.spoil(t, w, first)
		second = first
	}
	w.write(t, zone, first, second)
	return w.run(t, "dnssec-dsfromkey", append(append([]string{}, r.print...), entry+".key")...)
}

func (w *world) keygen(t *testing.T, zone string, args []string) string {
	t.Helper()
	name := strings.TrimSpace(w.run(t, "dnssec-keygen", append(append([]string{"-q"}, args...), zone)...))
	w.keys[zone] = filepath.Join(w.dir, name)
	return name
}

func (w *world) sign(t *testing.T, zone, text string, args []string) string {
	t.Helper()
	w.file(t, "unsigned", text)
	w.run(t, "dnssec-signzone", append(append([]string{}, args...), "-o", zone, "-f", "signed", "unsigned")...)
	return w.read(t, "signed")
}

// run runs a tool of BIND in the folder of the world.
func (w *world) run(t *testing.T, tool string, args ...string) string {
	t.Helper()
	command := exec.Command(tool, args...)
	command.Dir = w.dir
	var complaint strings.Builder
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", tool, args, err, complaint.String())
	}
	return string(output)
}

func (w *world) read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (w *world) file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) write(t *testing.T, zone, first, second string) {
	t.Helper()
	w.file(t, filepath.Join("first", zoneFile(zone)), first)
	w.file(t, filepath.Join("second", zoneFile(zone)), second)
}

func zoneFile(zone string) string { return "zone-" + zone + "db" }

const namedConf = `
options {
	directory %[1]q; pid-file none; session-keyfile none;
	listen-on port %[2]d { 127.0.0.1; }; listen-on-v6 { none; };
	recursion yes; allow-recursion { any; }; dnssec-validation no; notify no; minimal-responses no;
};
controls { };
`

// serve starts BIND on a free port of its own.
func (w *world) serve(t *testing.T, folder string, zones []string) netip.AddrPort {
	t.Helper()
	at := loopback.Free(t)
	conf := fmt.Sprintf(namedConf, filepath.Join(w.dir, folder), at.Port())
	for _, zone := range zones {
		conf += fmt.Sprintf("zone %q { type primary; file %q; check-names ignore; };\n", zone, zoneFile(zone))
	}
	path := w.file(t, folder+".conf", conf)
	debian.NameServer(t, exec.Command("named", "-g", "-c", path), at, zones...)
	return at
}

// door opens the way to both servers of a zone, and to a resolver.
func (w *world) door(zone string, resolvers ...netip.AddrPort) *loopback.Network {
	if len(resolvers) == 0 {
		resolvers = []netip.AddrPort{w.first}
	}
	return &loopback.Network{Recursives: resolvers, Routes: map[string]string{
		"ns1." + strings.TrimSuffix(zone, ".") + ":53": w.first.String(),
		"ns2." + strings.TrimSuffix(zone, ".") + ":53": w.second.String(),
	}}
}

// without drops the records of a zone file that a test says.
func without(drop func(dns.RR) bool) func(*testing.T, *world, string) string {
	return func(t *testing.T, _ *world, signed string) string {
		t.Helper()
		return onEach(t, signed, func(rr dns.RR) dns.RR {
			if drop(rr) {
				return nil
			}
			return rr
		})
	}
}

// onEach rewrites every record of a zone file; nil drops it.
func onEach(t *testing.T, text string, change func(dns.RR) dns.RR) string {
	t.Helper()
	var out strings.Builder
	parser := dns.NewZoneParser(strings.NewReader(text), ".", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if changed := change(rr); changed != nil {
			out.WriteString(changed.String() + "\n")
		}
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// swollen adds a type to the NSEC records of some names after they were signed.
func swollen(of func(owner string) bool) func(*testing.T, *world, string) string {
	return func(t *testing.T, _ *world, signed string) string {
		t.Helper()
		return onEach(t, signed, func(rr dns.RR) dns.RR {
			if nsec, ok := rr.(*dns.NSEC); ok && of(nsec.Hdr.Name) {
				nsec.TypeBitMap = append(nsec.TypeBitMap, dns.TypeANY-1)
			}
			return rr
		})
	}
}
