// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"encoding/binary"
	"fmt"
)

// rdpRequest is a connection request (MS-RDPBCGR 2.2.1.1) that accepts TLS, and
// the login that follows TLS: TPKT of 19 bytes, X.224, negotiation request.
const rdpRequest = "\x03\x00\x00\x13" + "\x0e\xe0\x00\x00\x00\x00\x00" + "\x01\x00\x08\x00\x03\x00\x00\x00"

const (
	tpktVersion       = 3
	maxTPKT           = 256
	connectionConfirm = 0xd0
	negotiated        = 2
	negotiationFailed = 3
	confirmSize       = 7 // X.224 header
	negotiationSize   = 8
)

// The reasons of a refusal that mean: no TLS here (MS-RDPBCGR 2.2.1.2.2).
const (
	sslNotAllowed    = 2
	sslNoCertificate = 3
)

// rdp obeys MS-RDPBCGR 1.3.1.2 and 5.4.2.
func rdp(t *talk, _ string) error {
	if err := t.say(rdpRequest); err != nil {
		return err
	}
	confirm, err := t.confirm()
	if err != nil {
		return err
	}
	if len(confirm) < confirmSize+negotiationSize { // a server older than the negotiation
		return t.notOffered("no negotiation")
	}
	kind, value := confirm[confirmSize], binary.LittleEndian.Uint32(confirm[confirmSize+4:])
	switch {
	case kind == negotiated && value != 0:
		return nil
	case kind == negotiated:
		return t.notOffered("the older security of RDP was chosen")
	case kind == negotiationFailed && (value == sslNotAllowed || value == sslNoCertificate):
		return t.notOffered(fmt.Sprintf("failure %d", value))
	case kind == negotiationFailed:
		return passing(fmt.Sprintf("failure %d", value))
	}
	return errBroken
}

// confirm reads the connection confirm, in its TPKT (RFC 1006 section 6).
func (t *talk) confirm() ([]byte, error) {
	head, err := t.bytes(4)
	if err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(head[2:])) - len(head)
	if head[0] != tpktVersion || size < confirmSize || size > maxTPKT {
		return nil, t.otherTalk(string(head))
	}
	body, err := t.bytes(size)
	if err != nil {
		return nil, err
	}
	if body[1] != connectionConfirm {
		return nil, t.otherTalk(string(body))
	}
	return body, nil
}
