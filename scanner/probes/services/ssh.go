// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

const (
	sshUser = "carescan" // asked with the method "none", which proves nothing and tries nothing
	// maxKexInit bounds what is kept of the clear beginning of a conversation.
	maxKexInit = 64 << 10
)

var errLooked = errors.New("the ways to log in are known, and none is tried")

// sshLine is the identification line, which other lines may precede (RFC 4253
// section 4.2); empty when it is not there yet.
func sshLine(said []byte) string {
	for line := range bytes.Lines(said) {
		if bytes.HasPrefix(line, []byte("SSH-")) && bytes.HasSuffix(line, []byte("\n")) {
			return strings.TrimRight(string(line), "\r\n")
		}
	}
	return ""
}

func sshIdentity(line string) identity {
	return named(identity{protocol: "ssh"}, excerpt.Of(line, 255))
}

// sshProtocol is the version of the protocol in an identification line.
func sshProtocol(line string) string {
	version, _, _ := strings.Cut(strings.TrimPrefix(line, "SSH-"), "-")
	return excerpt.Of(version, 10)
}

// lookAtSSH exchanges keys with a server, reads what it offers, and asks which
// ways there are to log in, without trying any.
func (i identification) lookAtSSH(t talk) *fact.SSH {
	heard := &hearing{}
	conn := &overheard{Conn: t.conn, heard: heard}
	// Key exchange asks several turns of the server.
	if conn.SetDeadline(time.Now().Add(3*t.patience)) == nil {
		i.shakeSSH(conn, heard)
	}
	return heard.told()
}

// shakeSSH hears the host key and the ways to log in. How it ends does not
// matter: it ends by our own refusal to log in.
func (i identification) shakeSSH(conn net.Conn, heard *hearing) {
	config := &ssh.ClientConfig{
		User: sshUser, ClientVersion: "SSH-2.0-CareScan",
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			heard.note(func(s *fact.SSH) { s.Key = i.hostKey(key) })
			return nil
		},
		AuthCallback: func(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
			heard.note(func(s *fact.SSH) { s.Methods = boundedList(c.AllowedMethods) })
			return nil, errLooked
		},
	}
	everyAlgorithm(config)
	if letIn(conn, i.host, config) {
		heard.note(func(s *fact.SSH) { s.Methods = []string{"none"} })
	}
}

// letIn tells whether the method "none" was enough; the session is closed at
// once, and nothing is done in it.
func letIn(conn net.Conn, host string, config *ssh.ClientConfig) bool {
	client, channels, requests, err := ssh.NewClientConn(conn, host, config)
	if err != nil {
		return false
	}
	client.Close()
	go ssh.DiscardRequests(requests)
	for channel := range channels {
		_ = channel.Reject(ssh.Prohibited, "only looking")
	}
	return true
}

// everyAlgorithm accepts all that exists, the bad ones last, so that old servers
// can be looked at; RSA keys come first because their size is judged.
func everyAlgorithm(c *ssh.ClientConfig) {
	good, bad := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	c.KeyExchanges = slices.Concat(good.KeyExchanges, bad.KeyExchanges)
	c.Ciphers = slices.Concat(good.Ciphers, bad.Ciphers)
	c.MACs = slices.Concat(good.MACs, bad.MACs)
	c.HostKeyAlgorithms = slices.Concat(
		[]string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}, good.HostKeys, bad.HostKeys)
}

func (i identification) hostKey(key ssh.PublicKey) *fact.HostKey {
	k := &fact.HostKey{Type: key.Type(), Digest: ssh.FingerprintSHA256(key)}
	if crypto, ok := key.(ssh.CryptoPublicKey); ok {
		if public, ok := crypto.CryptoPublicKey().(*rsa.PublicKey); ok {
			k.Bits = public.N.BitLen()
		}
	}
	if i.probe.options.KnownKey != nil {
		k.Known = i.probe.options.KnownKey(k.Digest)
	}
	return k
}

// afterLine is what follows the identification line.
func afterLine(said []byte) []byte {
	_, rest, _ := bytes.Cut(said, []byte(sshLine(said)))
	return bytes.TrimLeft(rest, "\r\n")
}

// readKexInit reads the lists of the first packet of a server (RFC 4253 sections
// 6 and 7.1): length, padding length, type 20, a cookie of 16 bytes, ten lists.
func readKexInit(packet []byte, look *fact.SSH) {
	const messageKexInit, header = 20, 4 + 1 + 1 + 16
	if len(packet) < header || packet[5] != messageKexInit {
		return
	}
	lists := &nameLists{rest: packet[header:]}
	look.Kex, look.HostKeys = lists.next(), lists.next()
	look.Ciphers = union(lists.next(), lists.next())
	look.MACs = union(lists.next(), lists.next())
}

// nameLists reads lists of names separated by commas.
type nameLists struct{ rest []byte }

func (l *nameLists) next() []string {
	if len(l.rest) < 4 {
		return nil
	}
	size := binary.BigEndian.Uint32(l.rest)
	l.rest = l.rest[4:]
	if size > uint32(len(l.rest)) {
		l.rest = nil
		return nil
	}
	names := string(l.rest[:size])
	l.rest = l.rest[size:]
	if names == "" {
		return nil
	}
	return boundedList(strings.Split(names, ","))
}

func union(a, b []string) []string {
	for _, name := range b {
		if !slices.Contains(a, name) {
			a = append(a, name)
		}
	}
	return a
}

// boundedList keeps at most 100 names of at most 100 bytes.
func boundedList(names []string) []string {
	kept := make([]string, 0, min(len(names), 100))
	for _, name := range names[:min(len(names), 100)] {
		kept = append(kept, excerpt.Of(name, 100))
	}
	return kept
}

// overheard is a connection of which the beginning is kept.
type overheard struct {
	net.Conn
	heard *hearing
}

func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.Conn.Read(p)
	o.heard.keep(p[:n])
	return n, err
}

// hearing is what is learnt of a server. The client reads in a goroutine of its
// own, which may outlive the handshake.
type hearing struct {
	mu   sync.Mutex
	kept []byte // the clear beginning
	look fact.SSH
}

func (h *hearing) keep(p []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept = append(h.kept, p[:min(len(p), maxKexInit-len(h.kept))]...)
}

func (h *hearing) note(learnt func(*fact.SSH)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	learnt(&h.look)
}

// told is what was learnt so far.
func (h *hearing) told() *fact.SSH {
	h.mu.Lock()
	defer h.mu.Unlock()
	look := h.look
	look.Protocol = sshProtocol(sshLine(h.kept))
	readKexInit(afterLine(h.kept), &look)
	return &look
}
