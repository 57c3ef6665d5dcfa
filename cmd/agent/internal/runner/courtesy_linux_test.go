// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner/guard/netlab"
	"carescan/scanner/settings"
)

func init() { roles["crowded"], roles["visitor"] = playCrowded, playVisitor }

// crowded is the one address that every look of the test goes to, and its ports that
// are open.
const crowded = "10.77.1.80"

var crowdedPorts = []string{"22", "25", "80", "443", "8443"}

// visit is what the cable carried towards the crowded address.
type visit struct {
	at   time.Time
	what string // "begin", "request" or "packet"
	port uint16
	open int // connections, this one included
}

// TestOneAddressIsMetOncePerSecond lets looks of every kind go to one address at once, at
// the default courtesy, and reads on the cable when connections begin, requests are
// sent and connections are open (exposure-checks.md section 1.2).
func TestOneAddressIsMetOncePerSecond(t *testing.T) {
	t.Parallel()
	lab := netlab.New(t)
	heard := lab.Play(t, rolePlayed+"=crowded")
	scan := lab.Command(t.Context(), os.Args[0])
	scan.Env = append(os.Environ(), rolePlayed+"=visitor")
	if out, err := scan.CombinedOutput(); err != nil {
		t.Fatalf("scan: %v\n%s", err, out)
	}
	visits := readVisits(t, heard())
	var turns, packets []visit
	ports, most := map[uint16]bool{}, 0
	for _, v := range visits {
		if v.what == "packet" {
			packets = append(packets, v)
			continue
		}
		turns = append(turns, v)
		ports[v.port], most = true, max(most, v.open)
	}
	// A machine under load may hold a packet back for a moment.
	const tolerance = 300 * time.Millisecond
	for i := range turns[:max(0, len(turns)-1)] {
		if apart := turns[i+1].at.Sub(turns[i].at); apart < time.Second-tolerance {
			t.Errorf("%s at port %d came %s after %s at port %d", turns[i+1].what, turns[i+1].port, apart, turns[i].what, turns[i].port)
		}
	}
	for i := range packets[:max(0, len(packets)-5)] {
		if within := packets[i+5].at.Sub(packets[i].at); within < time.Second-tolerance {
			t.Errorf("six UDP packets within %s", within)
		}
	}
	if most > 2 {
		t.Errorf("%d connections were open at once", most)
	}
	if !ports[80] || !ports[443] || len(ports) < 4 || len(turns) < 10 {
		t.Errorf("%d turns at ports %v: looks of every kind were wanted", len(turns), ports)
	}
}

func readVisits(t *testing.T, lines []string) (visits []visit) {
	t.Helper()
	for _, line := range lines {
		var v visit
		var at int64
		if _, err := fmt.Sscan(line, &at, &v.what, &v.port, &v.open); err != nil {
			t.Fatalf("read %q: %v", line, err)
		}
		v.at = time.Unix(0, at)
		visits = append(visits, v)
	}
	return visits
}

// playVisitor looks at the crowded address with all that looks at sites, services and
// hosts, all at once as the engine never does, for a quarter of a minute.
func playVisitor() {
	c := config.Default(sources.Sections())
	c.Establishment = config.Establishment{FINESS: "690781810", Name: "CHU"}
	c.Scope = config.Scope{
		Names: []string{"*.chu.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix(netlab.InScope)},
		Authorisation: config.Authorisation{By: "directeur", From: settings.Moment(time.Now().Add(-time.Hour)), Until: settings.Moment(time.Now().Add(time.Hour))},
	}
	c.Targets.Sites, c.Targets.Services, c.Targets.Hosts = []string{"https://www.chu.test"}, []string{"vpn.chu.test:443"}, []string{"hote.chu.test"}
	c.Network.Resolvers = []string{resolverInTest}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	prepared, err := Runner{Config: c}.Prepare(time.Now())
	endOn(err)
	defer prepared.Door.Stop()
	var looks sync.WaitGroup
	for _, task := range prepared.Plan.Tasks {
		for _, probe := range prepared.Probes {
			if probe.Name() != task.Probe {
				continue
			}
			looks.Go(func() { _, _ = probe.Observe(ctx, prepared.Door, task.Target) }) // what it sees is of no interest here
		}
	}
	looks.Wait()
}

// playCrowded serves names and the open ports of the crowded address, and writes what
// the cable carries to it.
func playCrowded() {
	names := dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		reply := new(dns.Msg).SetReply(question)
		if q := question.Question[0]; q.Qtype == dns.TypeA {
			reply.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.ParseIP(crowded)}}
		}
		_ = w.WriteMsg(reply) // the asker may be gone
	})
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<p>bonjour</p>") })
	secure := tls.Config{Certificates: []tls.Certificate{selfSigned()}, MinVersion: tls.VersionTLS12}
	for _, port := range crowdedPorts {
		listener, err := net.Listen("tcp", net.JoinHostPort(crowded, port))
		endOn(err)
		server := &http.Server{Handler: page, ReadHeaderTimeout: time.Minute, TLSConfig: secure.Clone(), ErrorLog: log.New(io.Discard, "", 0)}
		if strings.HasSuffix(port, "443") {
			go func() { endOn(server.ServeTLS(listener, "", "")) }()
		} else {
			go func() { endOn(server.Serve(listener)) }()
		}
	}
	const everyProtocol = syscall.ETH_P_ALL << 8 // in the order of the network
	cable, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, everyProtocol)
	endOn(err)
	go sniff(cable)
	server := &dns.Server{Addr: net.JoinHostPort(resolverInTest, "53"), Net: "udp", Handler: names, NotifyStartedFunc: func() { fmt.Println("ready") }}
	endOn(server.ListenAndServe())
}

// sniff writes every connection that begins, every request in clear after the first of
// its connection, and every UDP packet.
func sniff(cable int) {
	at := netip.MustParseAddr(crowded)
	open, asked := map[uint16]bool{}, map[uint16]bool{} // by the port of the visitor
	frame := make([]byte, 64<<10)
	for {
		n, _, err := syscall.Recvfrom(cable, frame, 0)
		endOn(err)
		s, ok := readSegment(frame[:n])
		if !ok || s.to != at && s.from != at {
			continue
		}
		say := func(what string) { fmt.Println(time.Now().UnixNano(), what, s.toPort, len(open)) }
		switch {
		case s.from == at:
			if s.flags&tcpReset != 0 {
				delete(open, s.toPort)
			}
		case s.udp:
			say("packet")
		case s.flags&(tcpFin|tcpReset) != 0:
			delete(open, s.fromPort)
		case s.flags&tcpStart != 0 && open[s.fromPort]: // asked again for want of an answer
		case s.flags&tcpStart != 0:
			open[s.fromPort], asked[s.fromPort] = true, false
			say("begin")
		case bytes.HasPrefix(s.said, []byte("GET ")):
			if asked[s.fromPort] {
				say("request")
			}
			asked[s.fromPort] = true
		}
	}
}

// The flags of a TCP segment (RFC 9293 section 3.1).
const (
	tcpFin   = 1
	tcpStart = 2
	tcpReset = 4
)

// segment is what is read of one packet.
type segment struct {
	from, to         netip.Addr
	fromPort, toPort uint16
	udp              bool
	flags            byte
	said             []byte
}

// readSegment reads TCP and UDP over IPv4.
func readSegment(packet []byte) (s segment, ok bool) {
	const tcp, udp = 6, 17
	if len(packet) < 20 || packet[0]>>4 != 4 || !slices.Contains([]byte{tcp, udp}, packet[9]) {
		return s, false
	}
	head, length := int(packet[0]&15)*4, int(binary.BigEndian.Uint16(packet[2:]))
	if length > len(packet) || head+20 > length && packet[9] == tcp || head+8 > length {
		return s, false
	}
	body := packet[head:length]
	s = segment{
		from: netip.AddrFrom4([4]byte(packet[12:16])), to: netip.AddrFrom4([4]byte(packet[16:20])),
		fromPort: binary.BigEndian.Uint16(body), toPort: binary.BigEndian.Uint16(body[2:]), udp: packet[9] == udp,
	}
	if !s.udp {
		s.flags = body[13]
		s.said = body[min(len(body), int(body[12]>>4)*4):]
	}
	return s, true
}
