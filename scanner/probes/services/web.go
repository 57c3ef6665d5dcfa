// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"carescan/scanner/bounded"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/answerhead"
)

// maxPage bounds what is read of a page (exposure-checks.md section 1.3).
const maxPage = 64 << 10

// page is one HTTP answer. Nothing of its text is kept.
type page struct {
	status int
	header http.Header
	text   string // beginning of the body
	host   string // asked
}

// page asks for the page that fits the port and says what it is of.
func (i identification) page(ctx context.Context, t talk) bool {
	path := cmp.Or(i.line.path, "/")
	got, ok := i.get(ctx, t, path)
	if !ok {
		return false
	}
	got.host = i.host
	id := readPage(got, path)
	if id.portal == portalWebmail && id.product == "exchange" {
		// Two ports that each keep a place while waiting for one more would wait for ever.
		t.conn.Close()
		id.legacy = i.takesBasic(ctx)
	}
	i.record(id)
	return true
}

// get asks for one page. It is the first thing said over the connection, or in its
// TLS, and its turn is that of the connection. No redirect is followed.
func (i identification) get(ctx context.Context, t talk, path string) (page, bool) {
	unhook := context.AfterFunc(ctx, func() { t.conn.Close() })
	defer unhook()
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		path, i.authority(), i.net.UserAgent())
	if err := t.conn.SetDeadline(time.Now().Add(2 * t.patience)); err != nil {
		return page{}, false
	}
	if _, err := io.WriteString(t.conn, request); err != nil {
		return page{}, false
	}
	return readHTTP(t.conn)
}

// authority is the Host of a request.
func (i identification) authority() string {
	if i.port.Number == 80 || i.port.Number == 443 {
		return bracket(i.host)
	}
	return net.JoinHostPort(i.host, portText(i.port))
}

func bracket(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// readHTTP reads an answer; a body cut short is a body all the same.
func readHTTP(from io.Reader) (page, bool) {
	response, _, err := answerhead.Read(bufio.NewReader(io.LimitReader(from, 2*maxPage)), nil)
	if err != nil {
		return page{}, false
	}
	defer response.Body.Close()
	body, _, _ := bounded.Read(response.Body, maxPage) // what came is what there is
	return page{status: response.StatusCode, header: response.Header, text: string(body)}, true
}

// takesBasic asks an Exchange server whether its web services take a password by
// HTTP Basic, which no second factor protects. None is sent.
func (i identification) takesBasic(ctx context.Context) bool {
	raw, ok := i.open(ctx)
	if !ok {
		return false
	}
	defer raw.Close()
	t := i.talk(raw)
	if i.port.TLS {
		t.conn = i.wrap(raw)
	}
	got, ok := i.get(ctx, t, "/EWS/Exchange.asmx")
	return ok && got.status == http.StatusUnauthorized && got.asksBasic()
}

func (p page) asksBasic() bool {
	for _, challenge := range p.header.Values("WWW-Authenticate") {
		if strings.HasPrefix(strings.ToLower(challenge), "basic") {
			return true
		}
	}
	return false
}

// readPage says what a page is of.
func readPage(p page, path string) identity {
	id := named(identity{protocol: "http"}, p.header.Get("Server"))
	if api, ok := readAPI(p, path); ok {
		return api
	}
	if m, ok := recognise(p); ok {
		id.protocol, id.product, id.version, id.portal = m.protocol, m.product, "", m.portal
		id.distribution, id.release = "", ""
		id.login = p.login()
		if m.portal != "" {
			id.protocol = "http"
		}
	}
	return id
}

// login tells whether the server wants to know who asks. Only a refusal does: a
// page may hold a form.
func (p page) login() fact.Login {
	if p.status == http.StatusUnauthorized || p.status == http.StatusForbidden {
		return fact.LoginRequired
	}
	return fact.LoginUnknown
}

// readAPI recognises interfaces that programs speak to, by their own words.
func readAPI(p page, path string) (identity, bool) {
	for _, a := range interfaces {
		if a.path != "" && a.path != path || !p.holds(a.words) {
			continue
		}
		id := identity{protocol: a.protocol, product: a.protocol, login: a.login}
		if p.login() == fact.LoginRequired {
			id.login = fact.LoginRequired
		}
		return id, true
	}
	if word := strings.TrimSpace(p.text); path == "/healthz" && (word == "ok" || word == "Unauthorized") {
		return identity{protocol: "kubelet", login: p.login()}, true
	}
	if path == "/wsman" && strings.HasPrefix(p.header.Get("Server"), "Microsoft-HTTPAPI") && (p.status == 405 || p.status == 401) {
		return identity{protocol: "winrm", login: fact.LoginRequired}, true
	}
	return identity{}, false
}

// holds tells whether a page has every word, in its headers or its text.
func (p page) holds(words []string) bool {
	for _, w := range words {
		if !strings.Contains(p.all(), w) {
			return false
		}
	}
	return true
}

// all is what markers are looked for in.
func (p page) all() string {
	var b strings.Builder
	for _, name := range []string{"Server", "Location", "WWW-Authenticate", "Set-Cookie", "X-Powered-By", "X-Generator"} {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(p.header.Values(name), ", "))
	}
	for name := range p.header {
		if strings.HasPrefix(name, "X-Clickhouse-") || strings.HasPrefix(name, "X-Influxdb-") {
			fmt.Fprintf(&b, "%s\n", name)
		}
	}
	return b.String() + p.text
}
