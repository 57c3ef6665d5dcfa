// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/loopback"
)

// responder answers hellos as servers did that no library of today can play. It
// never finishes a handshake.
type responder struct {
	versions []uint16 // that it takes
	suites   []uint16
	old      string // message of SSL 2.0 in answer to its hello
	tail     string // sent after the certificate
	closes   bool   // hangs up in place of alerts
	most     int    // bytes of a hello it answers; 0 means any
	heart    bool   // echoes the heartbeat extension
	leaf     []byte // shown; none when empty
	cut      bool   // hangs up after it
	after    func(net.Conn)
}

func (r responder) serve(conn net.Conn) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(conn, head); err != nil {
		return
	}
	if head[0] == 0x80 {
		if r.old != "" {
			conn.Write([]byte("\x80" + string([]byte{byte(len(r.old))}) + r.old))
		}
		return
	}
	body := make([]byte, binary.BigEndian.Uint16(head[3:]))
	if _, err := io.ReadFull(conn, body); err != nil {
		return
	}
	version, suite := r.choose(body)
	switch {
	case version != 0 && (r.most == 0 || len(body) <= r.most):
		conn.Write(record(22, version, slices.Concat(r.flight(version, suite), []byte(r.tail))...))
		if r.after != nil {
			r.after(conn)
		}
	case !r.closes:
		conn.Write(record(21, hello.TLS10, 2, 40))
	}
}

// choose reads the version and the suites of a hello.
func (r responder) choose(body []byte) (version, suite uint16) {
	s := cryptobyte.String(body)
	var session, offered cryptobyte.String
	if !s.Skip(4) || !s.ReadUint16(&version) || !s.Skip(32) || !s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16LengthPrefixed(&offered) {
		return 0, 0
	}
	for v := version; v >= hello.SSL3; v-- {
		if !slices.Contains(r.versions, v) {
			continue
		}
		for list := offered; list.ReadUint16(&suite); {
			if slices.Contains(r.suites, suite) {
				return v, suite
			}
		}
	}
	return 0, 0
}

func (r responder) flight(version, suite uint16) []byte {
	var extensions []byte
	if r.heart {
		extensions = []byte{0, 5, 0, 15, 0, 1, 1}
	}
	body := binary.BigEndian.AppendUint16(nil, version)
	body = append(body, make([]byte, 33)...)
	body = append(binary.BigEndian.AppendUint16(body, suite), 0)
	flight := slices.Concat(frame(2, append(body, extensions...)), frame(11, r.certificates()))
	if r.cut {
		return flight
	}
	return append(flight, frame(14, nil)...)
}

func (r responder) certificates() []byte {
	var b cryptobyte.Builder
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		if len(r.leaf) > 0 {
			b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(r.leaf) })
		}
	})
	return b.BytesOrPanic()
}

func (r responder) start(t *testing.T) *loopback.Network { t.Helper(); return serve(t, r.serve) }

const oldHello = "\x04\x00\x01\x00\x02\x00\x00\x00\x03\x00\x10\x02\x00\x80cccccccccccccccc"

// TestLegacy looks at servers that no library of today can play.
func TestLegacy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		responder responder
		versions  string // SSL 2.0 SSL 3.0 1.0 1.2
		accepted  []string
	}{
		"ssl3-export": {
			responder{versions: []uint16{hello.SSL3}, suites: []uint16{0x0003, 0x0005}},
			"declined accepted declined declined",
			[]string{fact.OfferExport, fact.OfferRC4, fact.OfferStaticKey},
		},
		"everything-old": {
			responder{versions: []uint16{hello.SSL3, hello.TLS10}, suites: []uint16{0x0001, 0x0008, 0x0009, 0x000A, 0x002F}, old: oldHello},
			"accepted accepted accepted declined",
			[]string{fact.OfferNull, fact.OfferExport, fact.OfferRC4, fact.OfferDES, fact.Offer3DES, fact.OfferStaticKey, fact.OfferCBC},
		},
		"only-ssl2":     {responder{old: oldHello, closes: true}, "accepted declined declined declined", []string{fact.OfferExport, fact.OfferRC4, fact.OfferStaticKey}},
		"hanging-up":    {responder{versions: []uint16{hello.TLS10}, suites: []uint16{0x002F}, closes: true}, "declined declined accepted declined", []string{fact.OfferStaticKey, fact.OfferCBC}},
		"small-hellos":  {responder{versions: []uint16{hello.TLS12}, suites: []uint16{0xC02F}, closes: true, most: 255}, "declined declined declined accepted", []string{fact.OfferAEAD, fact.OfferEphemeral}},
		"ssl2-no-suite": {responder{versions: []uint16{hello.TLS12}, suites: []uint16{0xC02F}, old: "\x04\x00\x01\x00\x02\x00\x00\x00\x00\x00\x00"}, "declined declined declined accepted", []string{fact.OfferAEAD, fact.OfferEphemeral}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sighting := observe(t, tt.responder.start(t), Options{Timeout: 5 * time.Second})
			var versions []string
			for _, v := range []string{"SSL 2.0", "SSL 3.0", "1.0", "1.2"} {
				versions = append(versions, string(got.Versions[v]))
			}
			if strings.Join(versions, " ") != tt.versions || len(sighting.Missing) > 0 {
				t.Errorf("%v, want %s; missing %q", versions, tt.versions, sighting.Missing.Detail())
			}
			if got.Offers[fact.OfferEMS] == fact.Accepted || got.Offers[fact.OfferRenegotiation] == fact.Accepted {
				t.Errorf("habits of today: %v", got.Offers)
			}
			for key := range judged {
				if want := slices.Contains(tt.accepted, key); want != (got.Offers[key] == fact.Accepted) || !want && got.Offers[key] == fact.OfferUnknown {
					t.Errorf("%s is %s", key, got.Offers[key])
				}
			}
		})
	}
}

// TestFlaws plays the two flaws, and their absence.
func TestFlaws(t *testing.T) {
	t.Parallel()
	leak := func(c net.Conn) {
		c.Read(make([]byte, 8))
		c.Write(record(24, hello.TLS12, make([]byte, 3+16+16)...))
	}
	blind := func(c net.Conn) {
		c.Read(make([]byte, 6))
		c.Read(make([]byte, 6))
		c.Write(record(21, hello.TLS12, 2, 20))
	}
	tests := map[string]struct {
		heart bool
		after func(net.Conn)
		want  map[string]fact.Offer
	}{
		"leaks":    {true, leak, map[string]fact.Offer{fact.FlawHeartbleed: fact.Accepted, fact.FlawCCS: fact.OfferUnknown}},
		"no-heart": {false, nil, map[string]fact.Offer{fact.FlawHeartbleed: fact.Declined, fact.FlawCCS: fact.Declined}},
		"decrypts": {false, blind, map[string]fact.Offer{fact.FlawHeartbleed: fact.Declined, fact.FlawCCS: fact.Accepted}},
		"discreet": {true, func(c net.Conn) { io.CopyN(io.Discard, c, 6) }, map[string]fact.Offer{fact.FlawHeartbleed: fact.Declined, fact.FlawCCS: fact.Declined}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := responder{versions: []uint16{hello.TLS12}, suites: []uint16{0x002F}, heart: tt.heart, after: tt.after}.start(t)
			door.Authorised = true
			got, _ := observe(t, door, Options{})
			for key, want := range tt.want {
				if got.Flaws[key] != want {
					t.Errorf("%s is %s, want %s", key, got.Flaws[key], want)
				}
			}
			door.Authorised = false
			if got, _ := observe(t, door, Options{}); len(got.Flaws) != 0 {
				t.Errorf("without authorisation: %v", got.Flaws)
			}
		})
	}
}

// TestBecomesDeaf holds that a service that begins to refuse us is left alone, and
// that what its silence seemed to refuse is unknown.
func TestBecomesDeaf(t *testing.T) {
	t.Parallel()
	answers := responder{versions: []uint16{hello.TLS12}, suites: []uint16{0xC02F}}
	heard := make(chan struct{}, budget)
	door := serve(t, func(c net.Conn) {
		heard <- struct{}{}
		if len(heard) > 8 {
			return // hangs up
		}
		answers.serve(c)
	})
	got, sighting := observe(t, door, Options{})
	if len(sighting.Missing) > 0 || len(sighting.Unread) == 0 || got.Why["look"] == "" || got.Connections > 8+2*maxRefusals {
		t.Errorf("missing %q, why %v, %d connections", sighting.Missing.Detail(), got.Why, got.Connections)
	}
	for _, key := range []string{fact.OfferExport, fact.OfferRC4, fact.OfferWeakGroups} {
		if got.Offers[key] == fact.Declined {
			t.Errorf("%s is declined by a server that no longer answers", key)
		}
	}
}

// TestDrip holds that a server that sends a byte now and then costs no more than
// the time of two connections.
func TestDrip(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	door := serve(t, func(c net.Conn) {
		for tick := time.NewTicker(20 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			if _, err := c.Write([]byte{22}); err != nil {
				return
			}
		}
	})
	got, sighting := observe(t, door, Options{Timeout: 300 * time.Millisecond})
	if got.Reach == fact.Answered || got.Error == "" && len(sighting.Missing) == 0 {
		t.Errorf("%+v, missing %q", got, sighting.Missing.Detail())
	}
}

// TestHostileCertificates holds that huge certificates are bounded, whole or not.
func TestHostileCertificates(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	for name, count := range map[string]int{"names-10000": 10_000, "mebibyte": 60_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := template(service)
			for i := range count {
				c.DNSNames = append(c.DNSNames, fmt.Sprintf("n%d.chu.test", i))
			}
			door := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{root.leaf(t, c, newKey(t))}})
			got, sighting := observe(t, door, Options{Roots: root.pool()})
			if len(got.Chain) == 0 && got.Why["chain"] == "" || len(got.Chain) > 0 && len(got.Chain[0].Names) >= count {
				t.Errorf("%d certificates, why %v", len(got.Chain), got.Why)
			}
			if got.Versions["1.3"] != fact.Accepted || len(sighting.Missing) > 0 {
				t.Errorf("%v, missing %q", got.Versions, sighting.Missing.Detail())
			}
		})
	}
}

// TestHostileTalk meets random bytes and endless handshakes.
func TestHostileTalk(t *testing.T) {
	t.Parallel()
	hellos := record(22, hello.TLS12, slices.Concat(frame(2, append([]byte{3, 3}, append(make([]byte, 33), 0xC0, 0x2F, 0)...)))...)
	for name, handle := range map[string]func(net.Conn){
		"random": func(c net.Conn) { io.Copy(c, rand.Reader) },
		"random-records": func(c net.Conn) {
			for body := make([]byte, 512); ; {
				rand.Read(body)
				if _, err := c.Write(record(22, hello.TLS12, body...)); err != nil {
					return
				}
			}
		},
		"endless-status": func(c net.Conn) {
			c.Write(hellos)
			for {
				if _, err := c.Write(record(22, hello.TLS12, frame(22, []byte{1, 0, 0, 0})...)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sighting := observe(t, serve(t, handle), Options{Timeout: 2 * time.Second})
			if len(got.Chain) != 0 || got.Error+sighting.Missing.Detail()+got.Why["chain"] == "" {
				t.Errorf("%+v, missing %q", got, sighting.Missing.Detail())
			}
		})
	}
}
