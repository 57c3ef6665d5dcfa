// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// identity is what a handshake told of a service.
type identity struct {
	protocol, product, version string
	distribution, release      string // that packaged the product
	login                      fact.Login
	clear                      fact.Offer // login taken before TLS
	portal                     string
	legacy                     bool
	ssh                        *fact.SSH
	next                       func() hello // goes on in the same conversation
}

// identification is the work on one open port.
type identification struct {
	*scan
	port *fact.Port
	line entry
}

// identify tells what speaks behind an open port: first it listens, then it says
// the hello that fits the port, then general ones.
//
// A server that spoke first and was not understood waits for a login, or for
// words we do not know: nothing is said to it.
func (s *scan) identify(ctx context.Context, p *fact.Port) {
	i := identification{scan: s, port: p, line: entryOf(p.Number)}
	conn, ok := i.open(ctx)
	if !ok {
		return
	}
	done := i.converse(ctx, conn)
	conn.Close()
	if done || i.line.alone {
		return
	}
	for _, general := range i.generals() {
		if general(ctx) {
			return
		}
	}
}

// open dials the port again, and counts when it no longer answers.
func (i identification) open(ctx context.Context) (net.Conn, bool) {
	if i.over() {
		i.port.Unfinished = true
		return nil, false
	}
	conn, err := i.dial(ctx, i.port)
	if err == nil {
		i.found(true)
		return conn, true
	}
	if !i.stopped(ctx, err) {
		i.found(false)
		i.port.Error = "no longer answered when asked what it is"
	}
	i.port.Unfinished = true
	return nil, false
}

func (i identification) talk(conn net.Conn) talk {
	return talk{conn: conn, patience: i.probe.options.Patience}
}

// converse listens, then says the first hello of the port. It tells whether
// there is nothing more to say.
func (i identification) converse(ctx context.Context, conn net.Conn) bool {
	unhook := context.AfterFunc(ctx, func() { conn.Close() })
	defer unhook()
	t := i.talk(conn)
	said, ended := t.banner()
	if id, ok := readBanner(said); ok {
		return i.greeted(t, id, said)
	}
	if ended || len(said) > 0 || i.line.first == nil {
		return len(said) > 0
	}
	id, ok := t.ask(i.line.first())
	if ok {
		i.record(t.goOn(id))
	}
	return ok
}

// greeted goes on with a server that spoke first.
func (i identification) greeted(t talk, id identity, said []byte) bool {
	if id.protocol == "ssh" {
		t.conn = &replayed{Conn: t.conn, first: bytes.NewReader(said)}
		id.ssh = i.lookAtSSH(t)
	}
	if id.protocol != "" || i.line.group == fact.GroupClearLogin {
		id = t.goOn(id)
	}
	if id.protocol != "" {
		i.record(id)
	}
	return true
}

// goOn asks what the identity still wants to know, and keeps what is learnt.
func (t talk) goOn(id identity) identity {
	for id.next != nil {
		more, ok := t.ask(id.next())
		if !ok {
			break
		}
		id = id.with(more)
	}
	return id
}

// with adds what a later answer told.
func (id identity) with(more identity) identity {
	id.next = more.next
	id.protocol = cmp.Or(id.protocol, more.protocol)
	if more.login != fact.LoginUnknown {
		id.login = more.login
	}
	if more.clear != "" {
		id.clear = more.clear
	}
	return id
}

// record writes the identity into the fact.
func (i identification) record(id identity) {
	p := i.port
	p.Protocol, p.Product, p.Version = id.protocol, excerpt.Of(id.product, 60), excerpt.Of(id.version, 60)
	p.Distribution, p.Release = id.distribution, id.release
	p.Login, p.ClearLogin, p.SSH, p.Portal, p.LegacyAuth = id.login, id.clear, id.ssh, id.portal, id.legacy
	if group := groupOf(id.protocol); group != "" {
		p.Group = group
	}
}

// generals are the hellos of any port: TLS first where it is usual.
func (i identification) generals() []func(context.Context) bool {
	if strings.HasSuffix(portText(i.port), "80") || i.port.Number == 8000 || i.port.Number == 81 {
		return []func(context.Context) bool{i.plainWeb, i.underTLS}
	}
	return []func(context.Context) bool{i.underTLS, i.plainWeb}
}

// plainWeb asks for a page.
func (i identification) plainWeb(ctx context.Context) bool {
	conn, ok := i.open(ctx)
	if !ok {
		return false
	}
	defer conn.Close()
	return i.page(ctx, i.talk(conn))
}

// underTLS shakes hands, then says inside what fits the port.
func (i identification) underTLS(ctx context.Context) bool {
	raw, ok := i.open(ctx)
	if !ok {
		return false
	}
	defer raw.Close()
	unhook := context.AfterFunc(ctx, func() { raw.Close() })
	defer unhook()
	conn := i.wrap(raw)
	if !i.shake(ctx, conn) {
		return false
	}
	i.port.TLS = true
	if i.insideTLS(ctx, conn) {
		return true
	}
	i.record(identity{protocol: "tls"})
	return true
}

func (i identification) wrap(raw net.Conn) *tls.Conn { return tls.Client(raw, i.tlsConfig()) }

// tlsConfig takes any certificate and any version: who speaks is what is asked,
// not whether to trust it.
func (i identification) tlsConfig() *tls.Config {
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, ServerName: i.host} //nolint:gosec // see above
	config.NextProtos = []string{"http/1.1"}
	if i.line.group == fact.GroupDirectory || underTLS(i.port.Number) != nil {
		config.NextProtos = nil
	}
	return config
}

// shake tells whether the port speaks TLS; a well-formed alert proves it too.
func (i identification) shake(ctx context.Context, conn *tls.Conn) bool {
	if err := conn.SetDeadline(time.Now().Add(i.probe.options.Patience * 2)); err != nil {
		return false
	}
	err := conn.HandshakeContext(ctx)
	if chain := conn.ConnectionState().PeerCertificates; len(chain) > 0 {
		i.port.Issuer = issuer(chain[0])
	}
	return err == nil || strings.Contains(err.Error(), "remote error: tls:")
}

// issuer names the authority of a certificate: its organisation, or its name.
func issuer(leaf *x509.Certificate) string {
	if len(leaf.Issuer.Organization) > 0 {
		return excerpt.Of(leaf.Issuer.Organization[0], 100)
	}
	return excerpt.Of(leaf.Issuer.CommonName, 100)
}

// insideTLS says the hello that fits the port, or asks for a page.
func (i identification) insideTLS(ctx context.Context, conn *tls.Conn) bool {
	t := i.talk(conn)
	first := underTLS(i.port.Number)
	if first == nil {
		return i.page(ctx, t)
	}
	h := first()
	if h.read == nil {
		said, _ := t.banner()
		id, ok := readBanner(said)
		if ok {
			i.record(id)
		}
		return ok
	}
	id, ok := t.ask(h)
	if ok {
		i.record(t.goOn(id))
	}
	return ok
}
