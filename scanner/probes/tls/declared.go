// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/tls"
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"carescan/scanner/probes/internal/hello"
)

// declared learns all the groups of TLS 1.3 at once from a server that lists them
// to a client whose choice is not its own favourite (RFC 8446 section 4.2.7), as
// those built on OpenSSL do. From any other server the same handshake tells of one
// group, as a hello would have.
func (l *look) declared(ctx context.Context) {
	if !l.takes(hello.TLS13) || l.keyed || l.form != full {
		return
	}
	curves := l.groups[hello.TLS13].left([]uint16{hello.P256, hello.X25519, hello.P384})
	if len(curves) == 0 {
		return
	}
	s := l.shake(ctx, terms{name: l.name(), most: tls.VersionTLS13, groups: []tls.CurveID{tls.CurveID(curves[0])}, alpn: l.alpn}, (*session).wait)
	l.learn(s.reply)
	listed := s.listedGroups()
	l.listed = len(listed) > 0
	l.apart = l.listed // no group is left to learn of while suites are listed
	for _, id := range listed {
		if slices.Contains(hello.Groups(hello.TLS13), id) {
			l.groups[hello.TLS13].take(id)
		}
	}
}

// listedGroups reads the list from the encrypted extensions.
func (s *session) listedGroups() []uint16 {
	const encryptedExtensions = 8
	for kind, body := range encrypted(s.decrypt("SERVER_HANDSHAKE_TRAFFIC_SECRET")) {
		if kind == encryptedExtensions {
			return parseGroups(body)
		}
	}
	return nil
}

// parseGroups finds the list of groups among extensions (RFC 8446 section 4.2.7).
func parseGroups(body cryptobyte.String) []uint16 {
	const supportedGroups = 10
	var extensions, data, list cryptobyte.String
	var id, group uint16
	if !body.ReadUint16LengthPrefixed(&extensions) {
		return nil
	}
	for extensions.ReadUint16(&id) && extensions.ReadUint16LengthPrefixed(&data) {
		if id == supportedGroups && data.ReadUint16LengthPrefixed(&list) {
			break
		}
	}
	var groups []uint16
	for list.ReadUint16(&group) {
		groups = append(groups, group)
	}
	return groups
}
