// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"strconv"
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// TestReasonsAreTrue plays servers that answer otherwise than by a page: what is kept
// is what was seen, and never that nobody was there.
func TestReasonsAreTrue(t *testing.T) {
	t.Parallel()
	answer := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			c.Read(make([]byte, 4096))
			io.WriteString(c, text)
		}
	}
	identity := debian.NewIdentity(t, debian.Folder(t), host)
	noise := string(bytes.Repeat([]byte{0xF1, 0x93, 0x08}, 40))
	const page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Accueil</title>"
	for name, tt := range map[string]struct {
		serve             func(net.Conn)
		want              string
		plain, file, site scanner.CauseCode
	}{
		"noise":       {answer(noise), "other-talk other-talk other-talk", scanner.CauseNotHTTP, scanner.CauseNotHTTP, scanner.CauseNotHTTP},
		"hung-up":     {answer(""), "unreached unreached unreached", scanner.CauseReset, scanner.CauseReset, scanner.CauseReset},
		"malformed":   {answer("HTTP/1.1 999999 x\r\n\r\n"), "unreached unreached unreached", scanner.CauseBadAnswer, scanner.CauseBadAnswer, scanner.CauseBadAnswer},
		"misdirected": {answer("HTTP/1.1 421 Misdirected Request\r\n\r\n"), "421 421 421", "", "", ""},
		"file-cut": {func(c net.Conn) {
			request := make([]byte, 4096)
			n, _ := c.Read(request)
			if bytes.HasPrefix(request[:n], []byte("GET / ")) {
				io.WriteString(c, page)
			}
		}, "200 200 unreached", "", scanner.CauseReset, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &loopback.Network{Routes: map[string]string{host + ":80": loopback.Serve(t, tt.serve)}, Addresses: map[string][]netip.Addr{host: {here}}}
			l.Routes[host+":443"] = loopback.Serve(t, func(c net.Conn) {
				secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{identity.TLS}})
				tt.serve(secure)
				secure.Close()
			})
			sightings, err := New(Options{}).Observe(t.Context(), l, scanner.Target{Kind: scanner.KindSite, ID: origin})
			if err != nil {
				t.Fatal(err)
			}
			web := sightings[0].Fact.(fact.Web)
			file := string(web.SecurityTxt.Reach)
			if web.SecurityTxt.Reach == fact.Answered {
				file = strconv.Itoa(web.SecurityTxt.Status)
			}
			if got := end(web.Reach, web.Hops) + " " + end(web.Plain.Reach, web.Plain.Hops) + " " + file; got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if web.Cause.Code != tt.site || web.Plain.Cause.Code != tt.plain || web.SecurityTxt.Cause.Code != tt.file {
				t.Errorf("causes %q, %q and %q", web.Cause.Code, web.Plain.Cause.Code, web.SecurityTxt.Cause.Code)
			}
		})
	}
}

// end is how a walk ended: the status of its last answer, or why there is none.
func end(reach fact.Reach, hops []fact.Hop) string {
	if len(hops) == 0 {
		return string(reach)
	}
	return strconv.Itoa(hops[len(hops)-1].Status)
}
