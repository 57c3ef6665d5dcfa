// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"cmp"
	"strings"
)

// ehloName is how we greet: no name of ours has to resolve, and none of the
// target's is borrowed (RFC 6761 section 6.4).
const ehloName = "carescan.invalid"

// reply is an answer in numbered lines, as SMTP (RFC 5321 section 4.2) and FTP
// (RFC 959 section 4.2) write them.
type reply struct {
	code  string
	lines []string // without the code
}

func (r reply) String() string { return r.code + " " + strings.Join(r.lines, " / ") }

// numbered reads a reply. In FTP, the lines between the first and the last need
// no code.
func (t *talk) numbered() (reply, error) {
	var r reply
	for range maxLines {
		line, err := t.line()
		if err != nil {
			return r, err
		}
		code, text, last := numberedLine(line)
		if r.code == "" && code == "" {
			return r, t.otherTalk(line)
		}
		r.code = cmp.Or(r.code, code)
		if code != r.code {
			text, last = line, false
		}
		r.lines = append(r.lines, text)
		if last {
			return r, nil
		}
	}
	return r, errTooMuch
}

// numberedLine splits a line; its code is empty when it has none.
func numberedLine(line string) (code, text string, last bool) {
	if len(line) < 3 || line[0] < '1' || line[0] > '5' || !digit(line[1]) || !digit(line[2]) {
		return "", line, false
	}
	code = line[:3]
	if len(line) == 3 {
		return code, "", true
	}
	if line[3] != ' ' && line[3] != '-' {
		return "", line, false
	}
	return code, line[4:], line[3] == ' '
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// command sends one line and reads a numbered reply.
func (t *talk) command(line string) (reply, error) {
	if err := t.say(line + "\r\n"); err != nil {
		return reply{}, err
	}
	return t.numbered()
}

// smtp obeys RFC 3207 section 4.
func smtp(t *talk, _ string) error {
	_, hello, err := t.smtpHello()
	switch {
	case err != nil:
		return err
	case !announces(hello, "STARTTLS"):
		return t.notOffered("STARTTLS is not announced")
	}
	return t.begun(t.command("STARTTLS"))
}

// begun reads the answer to STARTTLS. Only a server that does not know the
// command has none: 530, 550 or 554 may be meant for us alone (RFC 5321 section
// 4.2.3).
func (t *talk) begun(r reply, err error) error {
	switch {
	case err != nil:
		return err
	case r.code == "220":
		return nil
	case strings.HasPrefix(r.code, "50"):
		return t.notOffered(r.String())
	}
	return passing(r.String())
}

// smtpHello greets. A server older than extensions (RFC 5321 section 4.1.4)
// knows no EHLO, and has announced nothing.
func (t *talk) smtpHello() (greeting, hello reply, err error) {
	if greeting, err = t.numbered(); err != nil {
		return greeting, hello, err
	}
	if greeting.code != "220" {
		return greeting, hello, passing(greeting.String())
	}
	hello, err = t.command("EHLO " + ehloName)
	switch {
	case err != nil:
		return greeting, hello, err
	case hello.code == "500" || hello.code == "502":
		return greeting, reply{}, nil
	case hello.code != "250":
		return greeting, hello, passing(hello.String())
	}
	return greeting, hello, nil
}

// announces tells whether an EHLO reply has a keyword after its first line (RFC
// 5321 section 4.1.1.1).
func announces(hello reply, keyword string) bool {
	for _, line := range hello.lines[min(1, len(hello.lines)):] {
		word, _, _ := strings.Cut(line, " ")
		if strings.EqualFold(word, keyword) {
			return true
		}
	}
	return false
}

// ftp obeys RFC 4217 section 4.
func ftp(t *talk, _ string) error {
	greeting, err := t.numbered()
	for err == nil && greeting.code == "120" { // ready in a moment
		greeting, err = t.numbered()
	}
	if err != nil {
		return err
	}
	if greeting.code != "220" {
		return passing(greeting.String())
	}
	return t.agreed("AUTH TLS", "234")
}

// agreed asks for TLS: a lasting refusal is an answer, a passing one is not.
func (t *talk) agreed(command, code string) error {
	r, err := t.command(command)
	switch {
	case err != nil:
		return err
	case r.code == code:
		return nil
	case r.code[0] == '5':
		return t.notOffered(r.String())
	}
	return passing(r.String())
}
