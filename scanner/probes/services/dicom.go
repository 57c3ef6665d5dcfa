// SPDX-License-Identifier: Apache-2.0

package services

import (
	"encoding/binary"

	"carescan/scanner/fact"
)

// The types of the units of the upper layer (DICOM PS3.8 section 9.3).
const (
	associateRequest = 0x01
	associateAccept  = 0x02
	associateReject  = 0x03
	abort            = 0x07
)

// dicomHello asks for an association with the verification class only, and
// aborts it whatever the answer: no command is ever sent (EXP-SVC-11).
func dicomHello() hello {
	return hello{packet: dicomRequest(), read: readDICOM, farewell: []byte{abort, 0, 0, 0, 0, 4, 0, 0, 0, 0}}
}

// dicomRequest is A-ASSOCIATE-RQ (PS3.8 section 9.3.2).
func dicomRequest() []byte {
	context := join(
		[]byte{1, 0, 0, 0},
		item(0x30, []byte("1.2.840.10008.1.1")), // verification
		item(0x40, []byte("1.2.840.10008.1.2")), // implicit little endian
	)
	user := join(
		item(0x51, []byte{0, 0, 0x40, 0}),
		item(0x52, []byte("2.25.88291574620114870265")),
	)
	body := join(
		[]byte{0, 1, 0, 0}, title("ANY-SCP"), title("CARESCAN"), make([]byte, 32),
		item(0x10, []byte("1.2.840.10008.3.1.1.1")),
		item(0x20, context), item(0x50, user),
	)
	return append(binary.BigEndian.AppendUint32([]byte{associateRequest, 0}, uint32(len(body))), body...)
}

// item is one item of an association: type, reserved, length, content.
func item(kind byte, content []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{kind, 0}, uint16(len(content))), content...)
}

// title is the name of an application entity, padded to 16 bytes.
func title(name string) []byte { return []byte(name + "                "[len(name):]) }

// readDICOM reads whether the association was accepted, rejected, or aborted.
func readDICOM(answer []byte) (identity, bool) {
	if len(answer) < 10 || answer[1] != 0 || binary.BigEndian.Uint32(answer[2:]) > 1<<16 {
		return identity{}, false
	}
	id := identity{protocol: "dicom", login: fact.LoginRequired}
	size := binary.BigEndian.Uint32(answer[2:])
	switch answer[0] {
	case associateAccept:
		id.login = fact.LoginNone
		return id, answer[6] == 0 && answer[7] == 1
	case associateReject, abort:
		return id, size == 4
	}
	return identity{}, false
}
