// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/guard"
	"carescan/scanner/guard/netlab"
)

var quiet = log.New(io.Discard, "", 0)

// scan is what a scanner is told.
type scan struct {
	Config string
	// OneByOne makes one look after the other, so that each packet is of one look.
	OneByOne bool
	Without  []string // probes left out
}

// look is one look that was made.
type look struct {
	Probe, Target string
	Attempt       int
	Began, Ended  time.Time
	Dials         []dial
}

// dial is one connection that a look made.
type dial struct {
	From, To netip.AddrPort
	At       time.Time
}

// outcome is what a scanner tells of its run.
type outcome struct {
	Status       scanner.RunStatus
	Looks        []look
	Began, Ended time.Time
	Findings     map[scanner.Outcome]int
	Failing      []string // check, target and reason
	Unseen       []string // kind, target and cause
}

// firstLooks is how long it took until the last first look had ended.
func (o outcome) firstLooks() time.Duration {
	last := o.Began
	for _, l := range o.Looks {
		if l.Attempt == 0 && l.Ended.After(last) {
			last = l.Ended
		}
	}
	return last.Sub(o.Began)
}

// watched is a probe whose looks are noted.
type watched struct {
	scanner.Probe
	notes *notes
}

type notes struct {
	turn  *sync.Mutex // when set, the looks are made one by one
	mu    sync.Mutex
	looks []look
	log   io.Writer // is told of each look that ended
}

// listed is the network of a look, whose connections are noted.
type listed struct {
	*guard.Leash
	mu    sync.Mutex
	dials []dial
}

// DialContext connects, and notes from where: by that a packet is known to be of this look.
func (l *listed) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := l.Leash.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	from, _ := netip.ParseAddrPort(conn.LocalAddr().String())
	to, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dials = append(l.dials, dial{from, to, time.Now()})
	return conn, nil
}

// Observe looks, and notes when.
func (w watched) Observe(ctx context.Context, network scanner.Network, target scanner.Target) ([]scanner.Sighting, error) {
	if w.notes.turn != nil {
		w.notes.turn.Lock()
		defer w.notes.turn.Unlock()
	}
	made := look{Probe: w.Name(), Target: target.ID, Attempt: scanner.Attempt(ctx), Began: time.Now()}
	l := &listed{Leash: network.(*guard.Leash)} // what the engine gives to every look
	defer func() {
		made.Ended, made.Dials = time.Now(), l.dials
		w.notes.mu.Lock()
		defer w.notes.mu.Unlock()
		w.notes.looks = append(w.notes.looks, made)
		fmt.Fprintf(w.notes.log, "%s %s, look %d at %s, in %.1f s\n", made.Ended.Format(time.TimeOnly), made.Probe, made.Attempt+1, made.Target, made.Ended.Sub(made.Began).Seconds())
	}()
	return w.Probe.Observe(ctx, l, target)
}

// playScanner runs the plan of a configuration as the agent does, and tells what it
// looked at and when.
func playScanner() {
	told := order[scan]()
	c, err := config.Load(told.Config, sources.Sections())
	endOn(err)
	_, faults := c.Validate()
	for _, fault := range faults {
		endOn(fmt.Errorf("%s: %s", fault.Key, fault.What.EN))
	}
	r := runner.Runner{Config: c}
	p, err := r.Prepare(time.Now())
	endOn(err)
	defer p.Door.Stop()
	made := &notes{log: io.Discard}
	if folder := os.Getenv(pagesFolder); folder != "" {
		made.log, err = os.Create(filepath.Join(folder, "looks.txt"))
		endOn(err)
	}
	if told.OneByOne {
		made.turn = new(sync.Mutex)
	}
	for i, probe := range p.Probes {
		p.Probes[i] = watched{probe, made}
	}
	p.Plan.Tasks = slices.DeleteFunc(p.Plan.Tasks, func(t scanner.Task) bool { return slices.Contains(told.Without, t.Probe) })
	o := outcome{Began: time.Now()}
	result := r.Follow(context.Background(), p)
	o.Ended, o.Looks, o.Status, o.Findings = time.Now(), made.looks, result.Status, result.CountFindings()
	for _, f := range result.Findings {
		if f.Outcome == scanner.Fail {
			o.Failing = append(o.Failing, f.Check+" "+f.Target.ID+" "+f.Reason)
		}
	}
	for _, seen := range result.Observations {
		if seen.Status != scanner.StatusCompleted {
			o.Unseen = append(o.Unseen, fmt.Sprintf("%s %s %s %v %s", seen.Kind, seen.Target.ID, seen.Status, seen.Causes, seen.Error))
		}
	}
	endOn(json.NewEncoder(os.Stdout).Encode(o))
}

// scan looks at the world from the other end of the cable, and tells what was done and
// what was sent.
func (w *world) scan(t testing.TB, configuration string, told scan) (outcome, *traffic) {
	t.Helper()
	told.Config = write(t, t.TempDir(), "agent.yaml", configuration)
	counted := sniff(t, w.lab, netlab.ScannerAddr, scannerSix)
	command := w.lab.Command(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), rolePlayed+"=scanner", ordered(t, told))
	var o outcome
	if err := json.Unmarshal([]byte(run(t, command)), &o); err != nil {
		t.Fatal(err)
	}
	return o, counted()
}

const agentYAML = `
state: %[1]s
establishment: {finess: "990000028", name: Hôpital de l'essai}
vantage: internet
scope:
  names: [%[2]s]
  ranges: [93.184.215.0/24, 93.184.216.0/24, "2606:2800:220::/48"]
  providers: [ns2.operateur.test, "*.filtre.test"]
  authorisation: {by: RSSI, until: 2099-01-01}
targets:
  domains: [%[3]s]
  sites: [%[4]s]
  hosts: [%[5]s]
  services: [%[13]s]
mail: [%[6]s]
templates: {%[10]s}
network:
  resolvers: ["10.77.0.2"]
  root_hints: ["93.184.214.1"]
  trust_anchors: [%[7]q]
  ca_file: %[8]q
  certificate_log: %[9]q
  confirm_after: %[11]s
%[12]s`

// size is how much of the hospital is looked at.
type size struct {
	domains                []domain
	sites, hosts, services int
}

var (
	whole = size{domains, 24, 30, len(mailServices)}
	few   = size{domains[:1], 3, 2, 0}
)

// mailServices are the ports of mail whose TLS is looked at as that of a site.
var mailServices = []string{`"mx1.chu.test:25"`}

// hurried is a pace for whoever waits; without it, it is the default courtesy.
const hurried = "  request_rate: 200\n  concurrent_per_host: 8\n"

// configuration is that of an agent that looks at a part of the hospital. The hosts are those that serve no pages, then those that do.
func (w *world) configuration(t testing.TB, s size, confirmAfter time.Duration, pace string) string {
	t.Helper()
	var names, own, sites, others, served, mail, log []string
	for _, d := range domains {
		names = append(names, d.name, fmt.Sprintf("%q", "*."+d.name))
	}
	for _, d := range s.domains {
		own = append(own, d.name)
		mail = append(mail, "{domain: "+d.name+", selectors: [s1, s2]}")
		log = append(log, "mta-sts."+d.name)
	}
	for _, m := range machines {
		log = append(log, m.name())
		if m.site() {
			sites = append(sites, `"https://`+m.name()+`"`)
			served = append(served, m.name())
		} else {
			others = append(others, m.name())
		}
	}
	list := func(texts []string) string { return strings.Join(texts, ", ") }
	return fmt.Sprintf(agentYAML, filepath.Join(t.TempDir(), "state"), list(names), list(own), list(sites[:s.sites]), list(append(others, served...)[:s.hosts]),
		list(mail), w.anchor, filepath.Join(w.folder, "ca.pem"), write(t, w.folder, "journal.txt", strings.Join(log, "\n")+"\n"), templatesOf(t), confirmAfter, pace,
		list(mailServices[:s.services]))
}

// templatesProgram is the program of templates that make bench has built.
const templatesProgram = "../../../../bin/carescan-templates"

// templatesOf are the settings of templates when their program was built; without it
// what they serve is inconclusive, and costs nothing.
func templatesOf(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs(templatesProgram)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Logf("templates are not measured: %v", err)
		return ""
	}
	return fmt.Sprintf("program: %q, program_sha256: %q", path, fmt.Sprintf("%x", sha256.Sum256(raw)))
}
