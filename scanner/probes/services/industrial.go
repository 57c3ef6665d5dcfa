// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"strings"
)

// modbusHello reads the identification of a device (function 43, type 14: "read
// device identification"). It reads no register and writes nothing. The unit,
// 255, is the device itself: behind a gateway, nothing goes on the serial line
// (Modbus messaging on TCP/IP, section 4.4.2.1).
func modbusHello() hello {
	return hello{packet: []byte{'C', 'S', 0, 0, 0, 5, 0xff, 0x2b, 0x0e, 1, 0}, read: readModbus}
}

// readModbus wants our transaction and the function, answered or refused.
func readModbus(answer []byte) (identity, bool) {
	ok := len(answer) >= 9 && bytes.Equal(answer[:4], []byte{'C', 'S', 0, 0}) && answer[7]&0x7f == 0x2b
	return identity{protocol: "modbus"}, ok
}

// cotpHello opens a transport connection as an engineering station of S7 does
// (RFC 1006, ISO 8073). No S7 message follows.
func cotpHello() hello {
	return hello{
		packet: []byte{
			0x03, 0x00, 0x00, 0x16,
			0x11, 0xe0, 0, 0, 0, 1, 0,
			0xc0, 1, 0x0a, // size of a unit
			0xc1, 2, 0x01, 0x00, // calling: programmer
			0xc2, 2, 0x01, 0x02, // called: rack 0, slot 2
		},
		read: readCOTP,
	}
}

// readCOTP wants the confirmation to repeat parameters, as controllers do.
func readCOTP(answer []byte) (identity, bool) {
	ok := isCOTPConfirm(answer) && len(answer) >= 14 && answer[11] >= 0xc0 && answer[11] <= 0xc2
	return identity{protocol: "s7"}, ok
}

// foxHello greets a Niagara station, which answers with its own greeting.
func foxHello() hello {
	return hello{
		packet: []byte("fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\n};;\n"),
		read: func(answer []byte) (identity, bool) {
			return identity{protocol: "fox"}, strings.HasPrefix(string(answer), "fox a 0")
		},
	}
}

// rtspHello asks which methods a camera knows (RFC 2326 section 10.1). No stream
// is described or played.
func rtspHello() hello {
	return hello{packet: []byte("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"), read: readRTSP}
}

func readRTSP(answer []byte) (identity, bool) {
	line, whole := firstLine(answer)
	return identity{protocol: "rtsp"}, whole && strings.HasPrefix(line, "RTSP/1.")
}

// bacnetRequest reads the number of a device (ReadProperty, object identifier of
// the device itself). Who-Is would have it, and with a wide address its whole
// network, answer by broadcast.
func bacnetRequest() []byte {
	return []byte{
		0x81, 0x0a, 0, 0x11, // BACnet/IP, unicast, 17 bytes
		1, 4, // version, an answer is expected
		0, 5, bacnetInvoke, 0x0c, // confirmed request, 1476 bytes at most, read property
		0x0c, 0x02, 0x3f, 0xff, 0xff, // device 4194303: whoever reads it
		0x19, 75, // object identifier
	}
}

const bacnetInvoke = 0xc5

// isBACnet wants the answer to our request: complex acknowledgement, error,
// rejection or abort (ANSI/ASHRAE 135 section 20.1).
func isBACnet(answer []byte) bool {
	if len(answer) < 9 || answer[0] != 0x81 || answer[1] != 0x0a || answer[4] != 1 || answer[5]&0x28 != 0 {
		return false
	}
	kind := answer[6] >> 4
	return (kind == 3 || kind >= 5 && kind <= 7) && answer[7] == bacnetInvoke
}
