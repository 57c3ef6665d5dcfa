// SPDX-License-Identifier: Apache-2.0

package services

import "carescan/scanner/fact"

// rdpHello is a connection request of X.224 with the negotiation of RDP
// (MS-RDPBCGR 2.2.1.1): TLS or CredSSP. No session follows.
func rdpHello() hello {
	return hello{
		packet: []byte{
			0x03, 0x00, 0x00, 0x13, // TPKT
			0x0e, 0xe0, 0, 0, 0, 0, 0, // X.224 connection request
			0x01, 0x00, 0x08, 0x00, 0x03, 0, 0, 0, // RDP_NEG_REQ
		},
		read: readRDP,
	}
}

// readRDP wants a connection confirm of X.224 that is not that of an industrial
// controller: it holds a negotiation response, a failure, or nothing.
func readRDP(answer []byte) (identity, bool) {
	if !isCOTPConfirm(answer) {
		return identity{}, false
	}
	plain := answer[4] == 6
	negotiated := len(answer) >= 19 && (answer[11] == 0x02 || answer[11] == 0x03)
	return identity{protocol: "rdp", login: fact.LoginRequired}, plain || negotiated
}

// isCOTPConfirm recognises a connection confirm (ISO 8073 section 13.4) in TPKT
// (RFC 1006).
func isCOTPConfirm(answer []byte) bool {
	return len(answer) >= 11 && answer[0] == 0x03 && answer[1] == 0 && answer[5] == 0xd0
}

// x11Hello is the setup request of a client without authorisation data (X11
// protocol, section 8). Nothing is drawn or read.
func x11Hello() hello {
	return hello{packet: []byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}, read: readX11}
}

// readX11 reads the answer: refused, accepted, or further authentication.
func readX11(answer []byte) (identity, bool) {
	const failed, success, authenticate = 0, 1, 2
	if len(answer) < 8 {
		return identity{}, false
	}
	id := identity{protocol: "x11", login: fact.LoginRequired}
	switch answer[0] {
	case success:
		id.login = fact.LoginNone
		return id, isX11Version(answer)
	case failed:
		return id, isX11Version(answer)
	}
	return id, answer[0] == authenticate && answer[1] == 0
}

func isX11Version(answer []byte) bool { return answer[2] == 11 && answer[3] == 0 && answer[4] == 0 }
