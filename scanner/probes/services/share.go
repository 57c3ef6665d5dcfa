// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"encoding/binary"
)

// smbHello negotiates a dialect of SMB 2 (MS-SMB2 2.2.3): no session follows.
func smbHello() hello {
	header := make([]byte, 64)
	copy(header, "\xfeSMB")
	header[4] = 64 // structure size; the command, 0, is negotiate
	body := make([]byte, 36, 40)
	body[0], body[2], body[4] = 36, 2, 1 // structure size, two dialects, signing enabled
	body = append(body, 0x02, 0x02, 0x10, 0x02)
	return hello{packet: join(lengthPrefix(len(header)+len(body)), header, body), read: readSMB}
}

func readSMB(answer []byte) (identity, bool) {
	ok := len(answer) >= 8 && answer[0] == 0 && (bytes.Equal(answer[4:8], []byte("\xfeSMB")) || bytes.Equal(answer[4:8], []byte("\xffSMB")))
	return identity{protocol: "smb"}, ok
}

// lengthPrefix is the header of a session message (RFC 1002 section 4.3.1).
func lengthPrefix(size int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(size)) }

// netbiosHello asks for a session with any server (RFC 1002 section 4.3.2).
func netbiosHello() hello {
	called, calling := netbiosName("*SMBSERVER", ' '), netbiosName("CARESCAN", ' ')
	packet := []byte{0x81, 0, 0, byte(len(called) + len(calling))}
	return hello{packet: append(append(packet, called...), calling...), read: readNetBIOS}
}

// readNetBIOS recognises a positive or negative session response.
func readNetBIOS(answer []byte) (identity, bool) {
	positive := len(answer) >= 4 && bytes.Equal(answer[:4], []byte{0x82, 0, 0, 0})
	negative := len(answer) >= 5 && bytes.Equal(answer[:4], []byte{0x83, 0, 0, 1}) && answer[4] >= 0x80
	return identity{protocol: "netbios"}, positive || negative
}

// netbiosName encodes a name by half bytes (RFC 1001 section 14.1).
func netbiosName(name string, pad byte) []byte {
	encoded := []byte{32}
	for i := range 16 {
		c := pad
		if i < len(name) {
			c = name[i]
		}
		encoded = append(encoded, 'A'+c>>4, 'A'+c&0xf)
	}
	return append(encoded, 0)
}

// epmHello binds to the endpoint mapper of DCE/RPC (C706 section 12.6.4.3): a
// binding calls nothing.
func epmHello() hello {
	return hello{
		packet: []byte("\x05\x00\x0b\x03\x10\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00" +
			"\xb8\x10\xb8\x10\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00" +
			"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa\x03\x00\x00\x00" + // endpoint mapper 3.0
			"\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\x02\x00\x00\x00"), // NDR 2.0
		read: readDCERPC,
	}
}

// readDCERPC recognises a binding acknowledged (12) or refused (13).
func readDCERPC(answer []byte) (identity, bool) {
	ok := len(answer) >= 4 && answer[0] == 5 && answer[1] <= 1 && (answer[2] == 12 || answer[2] == 13)
	return identity{protocol: "msrpc"}, ok
}

// The programs of RPC called by their procedure 0, which does nothing.
const (
	programPortmap = 100000
	programNFS     = 100003
	rpcCall        = 0x43617265
)

func portmapHello() hello { return rpcHello("portmap", programPortmap, 2) }
func nfsHello() hello     { return rpcHello("nfs", programNFS, 3) }

// rpcHello calls the null procedure of a program (RFC 5531 sections 9 and 11).
func rpcHello(protocol string, program, version uint32) hello {
	const lastFragment, call, rpcVersion = 1 << 31, 0, 2
	words := []uint32{lastFragment | 40, rpcCall, call, rpcVersion, program, version, 0, 0, 0, 0, 0}
	var packet []byte
	for _, w := range words {
		packet = binary.BigEndian.AppendUint32(packet, w)
	}
	return hello{packet: packet, read: func(answer []byte) (identity, bool) {
		return identity{protocol: protocol}, isRPCReply(answer)
	}}
}

func isRPCReply(answer []byte) bool {
	return len(answer) >= 12 && binary.BigEndian.Uint32(answer[4:]) == rpcCall && binary.BigEndian.Uint32(answer[8:]) == 1
}

// afpHello asks for the information of an AFP server (DSI GetStatus): it needs
// no session.
func afpHello() hello {
	packet := make([]byte, 16)
	packet[1], packet[3] = 3, 1 // GetStatus, request 1
	return hello{packet: packet, read: func(answer []byte) (identity, bool) {
		ok := len(answer) >= 16 && bytes.Equal(answer[:4], []byte{1, 3, 0, 1})
		return identity{protocol: "afp"}, ok
	}}
}
