// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/guard/netlab"
)

// rolePlayed tells this test binary, started again inside a namespace of the
// lab, which side of the cable it is on.
const rolePlayed = "CARESCAN_GUARD_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(rolePlayed) {
	case "world":
		playWorld()
	case "scanner":
		playScanner()
	case "stray":
		playStray()
	case "deaf":
		playDeaf()
	default:
		os.Exit(m.Run())
	}
}

// worldZone leads names in and out of the scope by every way there is.
var worldZone = []string{
	"www.chu.test. 60 A 10.77.1.10",
	"two.chu.test. 60 A 10.77.2.10", "two.chu.test. 60 A 10.77.1.11", "two.chu.test. 60 A 10.77.2.11",
	"alias.chu.test. 60 CNAME www.chu.test.",
	"a-out.chu.test. 60 A 10.77.2.20",
	"aaaa-out.chu.test. 60 AAAA ::ffff:10.77.2.21",
	"cname-out.chu.test. 60 CNAME edge.other.test.", "edge.other.test. 60 A 10.77.2.22",
	"public-out.chu.test. 60 A 9.9.9.9",
	"excluded.chu.test. 60 A 10.77.1.99",
	"irm.chu.test. 60 A 10.77.1.98", "xn--hpital-ixa.chu.test. 60 A 10.77.1.97",
	"pacs.chu.test. 60 A 10.77.1.98", "vers-irm.chu.test. 60 CNAME irm.chu.test.", "loin.chu.test. 60 CNAME edge.other-irm.test.", "edge.other-irm.test. 60 A 10.77.1.98",
	"salle.chu.test. 60 A 10.77.1.97", "a.prive.chu.test. 60 A 10.77.1.96", "vers-prive.chu.test. 60 CNAME a.prive.chu.test.",
	"www.other.test. 60 A 10.77.1.12",
}

// later is a dial of nothing, at which the clock of the scanner moves on.
const later = "later"

// packetDials are the dials of the scanner, and whether they must succeed.
var packetDials = []struct {
	address string
	reaches bool
}{
	{"www.chu.test:80", true},
	{"two.chu.test:80", true},
	{"alias.chu.test:80", true},
	{"10.77.1.13:80", true},
	{"rebind.chu.test:80", true}, // the first answer is in the scope
	{"rebind.chu.test:80", true}, // the second is not, and is not asked for
	{later, false},               // until the first is forgotten
	{"rebind.chu.test:80", false},
	{"a-out.chu.test:80", false},
	{"aaaa-out.chu.test:80", false},
	{"cname-out.chu.test:80", false},
	{"public-out.chu.test:80", false},
	{"excluded.chu.test:80", false},
	// Excluded by a name, reached by every other: the right name in capitals, in
	// Unicode, another name, an alias, an alias outside the scope, the address.
	{"irm.chu.test:80", false},
	{"IRM.CHU.test.:80", false},
	{"pacs.chu.test:80", false},
	{"vers-irm.chu.test:80", false},
	{"loin.chu.test:80", false},
	{"10.77.1.98:104", false},
	{"[::ffff:10.77.1.98]:80", false},
	{"irm-redirige.chu.test:80", false},
	{"hôpital.chu.test:80", false},
	{"HO\u0302PITAL.chu.test:80", false},
	{"xn--hpital-ixa.chu.test:80", false},
	{"salle.chu.test:80", false},
	{"vers-prive.chu.test:80", false},
	{"10.77.1.96:80", false}, // known since the alias led through a pattern
	// The ports of devices, where nothing but a look at ports goes.
	{"www.chu.test:9100", false},
	{"www.chu.test:2575", false},
	{"10.77.1.10:104", false},
	{"[::ffff:10.77.1.10]:502", false},
	{"alias.chu.test:47808", false},
	{"www.other.test:80", false},
	{"redirected.chu.test:80", false},
	{"10.77.2.13:80", false},
	{"[::ffff:10.77.2.13]:80", false},
	{"10.77.0.2:80", false}, // the machine of the resolver, another port
}

// TestPackets proves, at the level of packets, that nothing leaves the scope.
func TestPackets(t *testing.T) {
	lab := netlab.New(t)
	lab.Play(t, rolePlayed+"=world")
	assertCountersCount(t, lab)
	before := counters(t, lab)

	scan := lab.Command(t.Context(), os.Args[0])
	scan.Env = append(os.Environ(), rolePlayed+"=scanner", "HTTP_PROXY=http://10.77.2.80:3128", "ALL_PROXY=socks5://10.77.2.80:1080")
	out, err := scan.CombinedOutput()
	if err != nil {
		t.Fatalf("scanner: %v\n%s", err, out)
	}
	after := counters(t, lab)
	sent := func(name string) int { return after[name] - before[name] }
	if sent(netlab.CountInScope) == 0 || sent(netlab.CountLink) == 0 {
		t.Errorf("nothing was sent in scope (%d) or to the resolver (%d): this proves nothing\n%s",
			sent(netlab.CountInScope), sent(netlab.CountLink), out)
	}
	for _, name := range []string{netlab.CountOutOfScope, netlab.CountElsewhere, netlab.CountExcluded, netlab.CountDevices} {
		if sent(name) != 0 {
			t.Errorf("counter %s saw %d packets, want none\n%s", name, sent(name), out)
		}
	}
}

// TestPackets_noneAfterTheEndOfALook lets a probe that ignores its context go on
// asking by every way out after the end of its look.
func TestPackets_noneAfterTheEndOfALook(t *testing.T) {
	lab := netlab.New(t)
	lab.Play(t, rolePlayed+"=world")
	before := counters(t, lab)
	deaf := lab.Command(t.Context(), os.Args[0])
	deaf.Env = append(os.Environ(), rolePlayed+"=deaf")
	deaf.Stderr = os.Stderr
	said, err := deaf.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	tell, err := deaf.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := deaf.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(said)
	if line, err := lines.ReadString('\n'); line != "released\n" {
		t.Fatalf("the look did not end: %q, %v", line, err)
	}
	atEnd := counters(t, lab)
	if atEnd[netlab.CountLink] == before[netlab.CountLink] || atEnd[netlab.CountInScope] == before[netlab.CountInScope] {
		t.Error("nothing was sent during the look: this proves nothing")
	}
	if _, err := io.WriteString(tell, "go on\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := lines.ReadString('\n'); line != "done\n" {
		t.Errorf("the probe did not go on: %q, %v", line, err)
	}
	if diff := cmp.Diff(atEnd, counters(t, lab)); diff != "" {
		t.Errorf("packets at the end of the look and later (-end +later):\n%s", diff)
	}
	if err := deaf.Wait(); err != nil {
		t.Error(err)
	}
}

// assertCountersCount shows that a packet that leaves the scope would be seen:
// without a guard, the same scanner side reaches both out of scope and elsewhere.
func assertCountersCount(t *testing.T, lab *netlab.Lab) {
	t.Helper()
	before := counters(t, lab)
	stray := lab.Command(t.Context(), os.Args[0])
	stray.Env = append(os.Environ(), rolePlayed+"=stray")
	if out, err := stray.CombinedOutput(); err != nil {
		t.Fatalf("send without a guard: %v: %s", err, out)
	}
	after := counters(t, lab)
	for _, name := range []string{netlab.CountOutOfScope, netlab.CountElsewhere, netlab.CountExcluded, netlab.CountDevices} {
		if after[name] == before[name] {
			t.Errorf("counter %s did not see a packet sent on purpose", name)
		}
	}
}

func counters(t *testing.T, lab *netlab.Lab) map[string]int {
	t.Helper()
	read := map[string]int{}
	for _, name := range []string{
		netlab.CountLink, netlab.CountInScope, netlab.CountExcluded, netlab.CountDevices, netlab.CountOutOfScope, netlab.CountElsewhere,
	} {
		read[name] = lab.Counter(t, name)
	}
	return read
}

// playWorld serves DNS, and TCP on port 80 of every address, until it is killed.
func playWorld() {
	var rebinds atomic.Int64
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		zone := worldZone
		if q := question.Question[0]; q.Name == "rebind.chu.test." && q.Qtype == dns.TypeA {
			zone = []string{fmt.Sprintf("rebind.chu.test. 0 A 10.77.%d.30", min(rebinds.Add(1), 2))}
		}
		answer := new(dns.Msg).SetReply(question)
		answer.Answer = answerFrom(zone, question.Question[0])
		_ = w.WriteMsg(answer) // the asker may be gone
	})
	go func() { exitOn((&dns.Server{Addr: "10.77.0.2:53", Net: "tcp", Handler: handler}).ListenAndServe()) }()
	web, err := net.Listen("tcp", "0.0.0.0:80")
	exitOn(err)
	go func() {
		for {
			c, err := web.Accept()
			exitOn(err)
			_, _ = io.WriteString(c, "hello\n")
			c.Close()
		}
	}()
	server := &dns.Server{Addr: "10.77.0.2:53", Net: "udp", Handler: handler, NotifyStartedFunc: func() { fmt.Println("ready") }}
	exitOn(server.ListenAndServe())
}

// answerFrom answers as a recursive resolver does, aliases followed.
func answerFrom(zone []string, q dns.Question) []dns.RR {
	var records []dns.RR
	for _, text := range zone {
		record, err := dns.NewRR(text)
		exitOn(err)
		if record.Header().Name != strings.ToLower(q.Name) {
			continue
		}
		if alias, ok := record.(*dns.CNAME); ok {
			return append([]dns.RR{record}, answerFrom(zone, dns.Question{Name: alias.Target, Qtype: q.Qtype})...)
		}
		if record.Header().Rrtype == q.Qtype {
			records = append(records, record)
		}
	}
	return records
}

// playStray sends packets without a guard, out of the scope and elsewhere.
func playStray() {
	for _, address := range []string{"10.77.2.20:9", "9.9.9.9:9", "10.77.1.98:9", "10.77.1.10:9100"} {
		conn, err := net.Dial("udp", address)
		exitOn(err)
		_, err = conn.Write([]byte("stray"))
		exitOn(err)
	}
}

// playScanner makes every dial through a guard and reports what it expected
// otherwise.
func playScanner() {
	now := time.Now()
	guard, err := New(Config{
		Scope: scanner.Scope{
			Names:         []string{"chu.test", "*.chu.test"},
			Ranges:        []netip.Prefix{netip.MustParsePrefix(netlab.InScope)},
			Excluded:      []netip.Prefix{netip.MustParsePrefix("10.77.1.99/32")},
			ExcludedNames: []string{"irm.chu.test", "hôpital.chu.test", "*.prive.chu.test"},
			Authorisation: scanner.Authorisation{By: "RSSI", Until: now.Add(time.Hour)},
		},
		Resolvers: []netip.AddrPort{netip.MustParseAddrPort(netlab.WorldAddr + ":53")},
		Redirects: map[string]string{"redirected.chu.test:80": "10.77.2.40:80", "irm-redirige.chu.test:80": "10.77.1.98:80"},
		Clock:     func() time.Time { return now },
	})
	exitOn(err)
	for _, d := range packetDials {
		if d.address == later {
			now = now.Add(keepFor)
			continue
		}
		exitOn(checkDial(guard, d.address, d.reaches))
	}
	fmt.Println("spent:", guard.Spent())
}

// playDeaf is a probe that asks without pause, in eight conversations, under a
// context that never ends. It says when its look is over, waits to be told, and
// makes sure that it was refused many times after.
func playDeaf() {
	now := time.Now()
	guard, err := New(Config{
		Scope: scanner.Scope{
			Names: []string{"*.chu.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix(netlab.InScope)},
			Authorisation: scanner.Authorisation{By: "RSSI", Until: now.Add(time.Hour)},
		},
		Resolvers:   []netip.AddrPort{netip.MustParseAddrPort(netlab.WorldAddr + ":53")},
		RootHints:   []netip.AddrPort{netip.MustParseAddrPort(netlab.WorldAddr + ":53")},
		RatePerHost: 1e6, ConcurrentPerHost: 64,
	})
	exitOn(err)
	leash := NewLeash(context.Background(), guard, scanner.Needs{})
	var asked, refused atomic.Int64
	warm, goOn := make(chan struct{}), make(chan struct{})
	var probes sync.WaitGroup
	for range 8 {
		probes.Go(func() {
			for refused.Load() < 2000 {
				n := asked.Add(1)
				askEveryWay(leash, fmt.Sprintf("n%d.chu.test", n), &refused)
				if n == 200 {
					close(warm)
				}
				if refused.Load() > 0 {
					<-goOn
				}
			}
		})
	}
	<-warm
	leash.Release()
	fmt.Println("released")
	_, err = bufio.NewReader(os.Stdin).ReadString('\n')
	exitOn(err)
	close(goOn)
	probes.Wait()
	fmt.Println("done")
}

// askEveryWay makes one call of each kind, about a name never asked before.
func askEveryWay(network scanner.Network, name string, refused *atomic.Int64) {
	deaf := context.Background()
	_, lookup := network.Lookup(deaf, name)
	_, parents := network.Parents(deaf, name)
	conn, dial := network.DialContext(deaf, "tcp", "www.chu.test:80")
	if dial == nil {
		_, _ = io.ReadAll(conn)
		conn.Close()
	}
	for _, err := range []error{lookup, parents, dial, network.Permits(deaf, name), network.Pace(deaf, "www.chu.test")} {
		var refusal *scanner.Refusal
		if errors.As(err, &refusal) && refusal.Code == scanner.RefusedStopped {
			refused.Add(1)
		}
	}
}

func checkDial(guard *Guard, address string, reaches bool) error {
	conn, err := guard.DialContext(context.Background(), "tcp", address)
	if !reaches {
		if !errors.As(err, new(*scanner.Refusal)) {
			return fmt.Errorf("dial %s: %w, want a refusal", address, err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	defer conn.Close()
	if _, err := io.ReadAll(conn); err != nil {
		return fmt.Errorf("read from %s: %w", address, err)
	}
	return nil
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
