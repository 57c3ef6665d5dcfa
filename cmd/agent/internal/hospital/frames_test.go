// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

var (
	here  = netip.MustParseAddrPort("10.77.0.1:40000")
	there = netip.MustParseAddrPort("93.184.216.100:443")
	hello = []byte{0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0}
)

// frame is a segment of TCP as it is on the wire, padded as short ones are.
func frame(from, to netip.AddrPort, sequence uint32, flags byte, payload []byte) []byte {
	segment := binary.BigEndian.AppendUint16(nil, from.Port())
	segment = binary.BigEndian.AppendUint16(segment, to.Port())
	segment = binary.BigEndian.AppendUint32(segment, sequence)
	segment = append(append(segment, 0, 0, 0, 0, 5<<4, flags, 0, 0, 0, 0, 0, 0), payload...)
	return ipFrame(from.Addr(), to.Addr(), protoTCP, segment)
}

func datagram(from, to netip.AddrPort, payload []byte) []byte {
	segment := binary.BigEndian.AppendUint16(nil, from.Port())
	segment = binary.BigEndian.AppendUint16(segment, to.Port())
	segment = binary.BigEndian.AppendUint16(segment, uint16(8+len(payload)))
	return ipFrame(from.Addr(), to.Addr(), protoUDP, append(append(segment, 0, 0), payload...))
}

func ipFrame(from, to netip.Addr, proto byte, segment []byte) []byte {
	out := make([]byte, etherHeader)
	if from.Is4() {
		binary.BigEndian.PutUint16(out[12:], etherIPv4)
		out = append(out, 0x45, 0)
		out = binary.BigEndian.AppendUint16(out, uint16(20+len(segment)))
		out = append(out, 0, 0, 0x40, 0, 64, proto, 0, 0)
	} else {
		binary.BigEndian.PutUint16(out[12:], etherIPv6)
		out = append(out, 0x60, 0, 0, 0)
		out = binary.BigEndian.AppendUint16(out, uint16(len(segment)))
		out = append(out, proto, 64)
	}
	out = append(append(append(out, from.AsSlice()...), to.AsSlice()...), segment...)
	return append(out, make([]byte, max(0, 60-len(out)))...)
}

// played are frames of a capture, a tenth of a second apart.
func played(t *testing.T, frames ...[]byte) *traffic {
	t.Helper()
	var file bytes.Buffer
	written, err := newRecord(&file)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range frames {
		if err := written.add(time.Unix(100, int64(i)*1e8), f[:min(len(f), captureLength)], len(f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := written.out.Flush(); err != nil {
		t.Fatal(err)
	}
	seen := newTraffic(here.Addr(), netip.MustParseAddr("fd77::1"))
	if err := replay(&file, seen.add); err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestConnectionsAreCounted(t *testing.T) {
	second := netip.AddrPortFrom(here.Addr(), 40001)
	both := byte(flagSYN | flagACK)
	request := append([]byte("GET / HTTP/1.1\r\n\r\n"), make([]byte, 2000)...)
	for name, tt := range map[string]struct {
		frames                               [][]byte
		syns, starts, hellos, requests, most int
	}{
		"one-hello": {[][]byte{
			frame(here, there, 9, flagSYN, nil), frame(there, here, 1, both, nil), frame(here, there, 10, flagACK, hello),
		}, 1, 1, 1, 0, 1},
		"sent-again": {[][]byte{
			frame(here, there, 9, flagSYN, nil), frame(here, there, 9, flagSYN, nil), frame(there, here, 1, both, nil),
			frame(here, there, 10, flagACK, hello), frame(here, there, 10, flagACK, hello),
		}, 2, 1, 1, 0, 1},
		"second-hello-of-a-retry": {[][]byte{
			frame(here, there, 9, flagSYN, nil), frame(there, here, 1, both, nil),
			frame(here, there, 10, flagACK, hello), frame(here, there, 20, flagACK, hello),
		}, 1, 1, 2, 0, 1},
		"request-longer-than-kept": {[][]byte{
			frame(here, there, 9, flagSYN, nil), frame(there, here, 1, both, nil),
			frame(here, there, 10, flagACK, request), frame(here, there, 10+uint32(len(request)), flagACK, request),
		}, 1, 1, 0, 2, 1},
		"two-at-once": {[][]byte{
			frame(here, there, 9, flagSYN, nil), frame(there, here, 1, both, nil), frame(second, there, 9, flagSYN, nil), frame(there, second, 1, both, nil),
		}, 2, 2, 0, 0, 2},
		"one-after-the-other": {[][]byte{
			frame(here, there, 9, flagSYN, nil), frame(there, here, 1, both, nil), frame(here, there, 10, flagFIN|flagACK, nil),
			frame(second, there, 9, flagSYN, nil), frame(there, second, 1, both, nil), frame(there, second, 2, flagRST, nil),
			frame(here, there, 99, flagSYN, nil), frame(there, here, 1, both, nil),
		}, 3, 3, 0, 0, 1},
		"silence": {[][]byte{frame(here, there, 9, flagSYN, nil)}, 1, 1, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, addr := played(t, tt.frames...), there.Addr()
			want := []int{tt.syns, tt.starts, tt.hellos, tt.requests, tt.most}
			if diff := cmp.Diff(want, []int{s.syns[there], len(s.starts[addr]), len(s.hellos[there]), len(s.requests[addr]), s.most[addr]}); diff != "" {
				t.Errorf("packets that open, connections, hellos, requests, open at once (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuestionsAreCounted(t *testing.T) {
	question, err := new(dns.Msg).SetQuestion("CHU.test.", dns.TypeTLSA).SetEdns0(1232, true).Pack()
	if err != nil {
		t.Fatal(err)
	}
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(question))), question...)
	four, six := netip.MustParseAddrPort("93.184.216.53:53"), netip.MustParseAddrPort("[2606:2800:220:1::53]:53")
	fromSix := netip.MustParseAddrPort("[fd77::1]:40000")
	s := played(t,
		datagram(here, four, question), datagram(four, here, question), datagram(fromSix, six, question),
		frame(here, four, 9, flagSYN, nil), frame(here, four, 10, flagACK, framed[:9]), frame(here, four, 19, flagACK, append(framed[9:], framed...)),
	)
	var got []string
	for _, q := range s.queries {
		got = append(got, q.String())
	}
	want := []string{
		"93.184.216.53 chu.test. TLSA RD,DO", "2606:2800:220:1::53 chu.test. TLSA RD,DO",
		"93.184.216.53 chu.test. TLSA tcp,RD,DO", "93.184.216.53 chu.test. TLSA tcp,RD,DO",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
}

func TestBusiest(t *testing.T) {
	at := func(tenths ...int64) (list []time.Time) {
		for _, n := range tenths {
			list = append(list, time.Unix(0, n*1e8))
		}
		return list
	}
	for name, tt := range map[string]struct {
		moments []time.Time
		want    int
	}{
		"none": {nil, 0}, "one": {at(3), 1}, "a-second-apart": {at(0, 10, 20), 1}, "within": {at(20, 9, 0, 11), 2}, "together": {at(5, 5, 5), 3},
	} {
		if got := busiest(tt.moments, time.Second); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

func FuzzFrame(f *testing.F) {
	f.Add(frame(here, there, 9, flagSYN, hello))
	f.Add(datagram(here, netip.MustParseAddrPort("93.184.216.53:53"), []byte("question")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, ok := decode(time.Time{}, raw); ok && len(p.payload) > len(raw) {
			t.Errorf("%d bytes of payload in %d", len(p.payload), len(raw))
		}
	})
}
