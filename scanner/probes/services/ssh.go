// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"carescan/scanner/fact"
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
	return named(identity{protocol: "ssh"}, bounded(line, 255))
}

// sshProtocol is the version of the protocol in an identification line.
func sshProtocol(line string) string {
	version, _, _ := strings.Cut(strings.TrimPrefix(line, "SSH-"), "-")
	return bounded(version, 10)
}

// lookAtSSH exchanges keys with a server, reads what it offers, and asks which
// ways there are to log in, without trying any.
func (i identification) lookAtSSH(t talk) *fact.SSH {
	heard := &recorder{}
	look := &fact.SSH{}
	conn := &overheard{Conn: t.conn, heard: heard}
	// Key exchange asks several turns of the server.
	if conn.SetDeadline(time.Now().Add(3*t.patience)) == nil {
		i.shakeSSH(conn, look)
	}
	look.Protocol = sshProtocol(sshLine(heard.kept))
	readKexInit(afterLine(heard.kept), look)
	return look
}

// shakeSSH fills in the host key and the ways to log in. How it ends does not
// matter: it ends by our own refusal to log in.
func (i identification) shakeSSH(conn net.Conn, look *fact.SSH) {
	config := &ssh.ClientConfig{
		User: sshUser, ClientVersion: "SSH-2.0-CareScan",
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			look.Key = i.hostKey(key)
			return nil
		},
		AuthCallback: func(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
			look.Methods = boundedList(c.AllowedMethods)
			return nil, errLooked
		},
	}
	everyAlgorithm(config)
	client, channels, requests, err := ssh.NewClientConn(conn, i.host, config)
	if err != nil {
		return
	}
	// The method "none" was enough: there is no login.
	look.Methods = []string{"none"}
	go ssh.DiscardRequests(requests)
	client.Close()
	for channel := range channels {
		_ = channel.Reject(ssh.Prohibited, "only looking")
	}
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
		kept = append(kept, bounded(name, 100))
	}
	return kept
}

// overheard is a connection of which the beginning is kept.
type overheard struct {
	net.Conn
	heard *recorder
}

func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.Conn.Read(p)
	_, _ = o.heard.Write(p[:n])
	return n, err
}

// recorder keeps the first bytes written to it.
type recorder struct{ kept []byte }

var _ io.Writer = (*recorder)(nil)

func (r *recorder) Write(p []byte) (int, error) {
	r.kept = append(r.kept, p[:min(len(p), maxKexInit-len(r.kept))]...)
	return len(p), nil
}
