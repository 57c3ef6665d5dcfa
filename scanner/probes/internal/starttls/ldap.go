// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"fmt"

	"carescan/scanner/probes/internal/ber"
)

// startTLSRequest is an extended operation without value, message 1 (RFC 4511
// section 4.14.1): 1.3.6.1.4.1.1466.20037.
const startTLSRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + "1.3.6.1.4.1.1466.20037"

// tagExtendedResponse is of the answer (RFC 4511 appendix B).
const tagExtendedResponse = 0x78

// ldap obeys RFC 4511 section 4.14.
func ldap(t *talk, _ string) error {
	if err := t.say(startTLSRequest); err != nil {
		return err
	}
	code, err := t.extendedResult()
	switch {
	case err != nil:
		return err
	case code == 0:
		return nil
	case code == 1 || code == 51 || code == 52: // operations error, busy, unavailable
		return passing(fmt.Sprintf("result code %d", code))
	}
	return t.notOffered(fmt.Sprintf("result code %d", code))
}

// extendedResult reads one message and gives its result code.
func (t *talk) extendedResult() (int, error) {
	body, err := t.message()
	if err != nil {
		return 0, err
	}
	id, rest, ok := element(body, ber.Integer)
	if !ok || len(id) != 1 || id[0] > 1 { // 0 is a notice of disconnection
		return 0, t.otherTalk("no LDAP answer to the question")
	}
	response, _, ok := element(rest, tagExtendedResponse)
	if !ok {
		return 0, t.otherTalk("no LDAP answer to the question")
	}
	code, _, ok := element(response, ber.Enumerated)
	if !ok || len(code) != 1 {
		return 0, errBroken
	}
	if id[0] == 0 {
		return 0, passing(fmt.Sprintf("a disconnection, result code %d", code[0]))
	}
	return int(code[0]), nil
}

// message reads the whole of the outer sequence. Windows writes lengths on more
// bytes than needed, which BER allows and DER does not.
func (t *talk) message() ([]byte, error) {
	head, err := t.bytes(2)
	if err != nil {
		return nil, err
	}
	if head[0] != ber.Sequence {
		return nil, t.otherTalk(string(head))
	}
	size := int(head[1])
	if head[1] >= 0x80 {
		long, err := t.bytes(int(head[1] & 0x7f))
		if err != nil {
			return nil, err
		}
		size = number(long)
	}
	return t.bytes(size)
}

// number reads a length, and is beyond any bound when it does not fit.
func number(long []byte) int {
	n := 0
	for _, b := range long {
		if n = n<<8 | int(b); n > maxBytes {
			return maxBytes + 1
		}
	}
	return n
}

// element splits the first element off some bytes, when it is of that kind.
func element(raw []byte, tag byte) (body, rest []byte, ok bool) {
	first, rest, ok := ber.Next(raw)
	return first.Body, rest, ok && first.Tag == tag
}
