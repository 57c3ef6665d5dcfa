// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"bytes"
	"encoding/binary"
)

// sslRequest is a length of 8 and the code 80877103 (PostgreSQL, message formats).
const sslRequest = "\x00\x00\x00\x08\x04\xd2\x16\x2f"

// postgresql obeys the chapter "SSL Session Encryption" of the protocol: one
// letter answers.
func postgresql(t *talk, _ string) error {
	if err := t.say(sslRequest); err != nil {
		return err
	}
	letter, err := t.ReadByte()
	switch {
	case err != nil:
		return err
	case letter == 'S':
		return nil
	case letter == 'N':
		return t.notOffered("N")
	case letter == 'E': // too many connections, or a server older than the request
		return passing("an error")
	}
	return t.otherTalk(string(letter))
}

// The capability flags of MySQL that are spoken of.
const (
	clientProtocol41 = 1 << 9
	clientSSL        = 1 << 11
	clientSecure     = 1 << 15
)

const (
	mysqlProtocol = 10
	mysqlError    = 0xff
	maxPacket     = 4 << 10
	utf8mb4       = 45
)

// mysql obeys "Protocol::SSLRequest": the server speaks first and says in its
// capabilities whether the request may be sent.
func mysql(t *talk, _ string) error {
	greeting, err := t.packet()
	if err != nil {
		return err
	}
	if greeting[0] == mysqlError {
		return passing("an error: " + string(greeting))
	}
	capabilities, ok := handshakeCapabilities(greeting)
	if !ok {
		return t.otherTalk(string(greeting))
	}
	if capabilities&clientSSL == 0 {
		return t.notOffered("CLIENT_SSL is not among the capabilities")
	}
	return t.say(mysqlRequest())
}

// packet reads the first packet of a server: three bytes of length, a number
// that must be 0, and something.
func (t *talk) packet() ([]byte, error) {
	head, err := t.bytes(4)
	if err != nil {
		return nil, err
	}
	size := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if size == 0 || size > maxPacket || head[3] != 0 {
		return nil, t.otherTalk(string(head))
	}
	return t.bytes(size)
}

// handshakeCapabilities reads the lower flags of "Protocol::HandshakeV10": they
// come after the version, a thread, eight bytes of salt and a zero.
func handshakeCapabilities(greeting []byte) (uint16, bool) {
	version, rest, ok := bytes.Cut(greeting[1:], []byte{0})
	const before = 4 + 8 + 1
	if greeting[0] != mysqlProtocol || !ok || len(version) == 0 || len(rest) < before+2 {
		return 0, false
	}
	return binary.LittleEndian.Uint16(rest[before:]), true
}

// mysqlRequest is the answer of a client, cut where its name would begin.
func mysqlRequest() string {
	request := make([]byte, 4+32)
	request[0], request[3] = 32, 1
	binary.LittleEndian.PutUint32(request[4:], clientProtocol41|clientSSL|clientSecure)
	binary.LittleEndian.PutUint32(request[8:], 1<<24)
	request[12] = utf8mb4
	return string(request)
}
