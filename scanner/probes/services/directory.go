// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// ldapHello reads the versions of the protocol from the root of the server (RFC
// 4512 section 5.1), which is public and holds no entry. Nobody binds.
func ldapHello() hello {
	return hello{packet: rootDSE(), read: readLDAP, farewell: []byte("\x30\x05\x02\x01\x02\x42\x00")} // unbind
}

// rootDSE is a search of the empty name, base scope, one attribute (RFC 4511
// section 4.5.1).
func rootDSE() []byte {
	attribute := "supportedLDAPVersion"
	search := "\x04\x00" + "\x0a\x01\x00" + "\x0a\x01\x00" + "\x02\x01\x01" + "\x02\x01\x02" + "\x01\x01\x00" +
		"\x87\x0bobjectClass" + "\x30" + string(rune(2+len(attribute))) + "\x04" + string(rune(len(attribute))) + attribute
	operation := "\x63" + string(rune(len(search))) + search
	message := "\x02\x01\x01" + operation
	return []byte("\x30" + string(rune(len(message))) + message)
}

// readLDAP recognises a message that answers ours: an entry, the end of the
// search, or a notice of disconnection.
func readLDAP(answer []byte) (identity, bool) {
	const sequence, entry, done, extended = 0x30, 0x64, 0x65, 0x78
	if len(answer) < 7 || answer[0] != sequence {
		return identity{}, false
	}
	body := afterLength(answer[1:])
	ok := len(body) >= 4 && body[0] == 0x02 && body[1] == 1 && (body[3] == entry || body[3] == done || body[3] == extended)
	return identity{protocol: "ldap"}, ok
}

// afterLength is what follows a length of BER.
func afterLength(encoded []byte) []byte {
	skip := 1
	if encoded[0]&0x80 != 0 {
		skip += int(encoded[0] & 0x7f)
	}
	if skip > len(encoded) || skip > 5 {
		return nil
	}
	return encoded[skip:]
}

// kerberosHello asks a ticket of a realm nobody has, without any proof (RFC 4120
// section 5.4.1): the answer is an error, and nothing was tried.
func kerberosHello() hello {
	request := der(0x6a, der(0x30, join(
		der(0xa1, []byte{2, 1, 5}),  // version
		der(0xa2, []byte{2, 1, 10}), // AS-REQ
		der(0xa4, der(0x30, kerberosBody())),
	)))
	return hello{packet: append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...), read: readKerberos}
}

func kerberosBody() []byte {
	const realm, never = "CARESCAN.INVALID", "20370913024805Z"
	principal := func(kind byte, names ...string) []byte {
		var texts []byte
		for _, n := range names {
			texts = append(texts, der(0x1b, []byte(n))...)
		}
		return der(0x30, join(der(0xa0, []byte{2, 1, kind}), der(0xa1, der(0x30, texts))))
	}
	return join(
		der(0xa0, []byte{3, 5, 0, 0, 0, 0, 0}), // no option
		der(0xa1, principal(1, "carescan")),
		der(0xa2, der(0x1b, []byte(realm))),
		der(0xa3, principal(2, "krbtgt", realm)),
		der(0xa5, der(0x18, []byte(never))),
		der(0xa7, []byte{2, 1, 1}),
		der(0xa8, der(0x30, []byte{2, 1, 18})), // AES-256
	)
}

// readKerberos recognises an error (KRB-ERROR, application 30) or an AS-REP.
func readKerberos(answer []byte) (identity, bool) {
	ok := len(answer) >= 10 && int(binary.BigEndian.Uint32(answer)) <= maxAnswer && (answer[4] == 0x7e || answer[4] == 0x6b) &&
		bytes.Contains(answer[5:min(len(answer), 24)], []byte{0xa0, 3, 2, 1, 5})
	return identity{protocol: "kerberos"}, ok
}

// der encodes one element of less than 256 bytes.
func der(tag byte, content []byte) []byte {
	if len(content) < 0x80 {
		return append([]byte{tag, byte(len(content))}, content...)
	}
	return append([]byte{tag, 0x81, byte(len(content))}, content...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func dotted(a, b byte) string { return strconv.Itoa(int(a)) + "." + strconv.Itoa(int(b)) }

func dotted16(b []byte) string { return strconv.Itoa(int(binary.BigEndian.Uint16(b))) }
