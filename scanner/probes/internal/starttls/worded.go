// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"errors"
	"slices"
	"strings"
)

// imap obeys RFC 9051 section 6.2.1.
func imap(t *talk, _ string) error {
	greeting, err := t.imapGreeting()
	if err != nil {
		return err
	}
	if secondWord(greeting) == "PREAUTH" { // too late for STARTTLS
		return t.notOffered(greeting)
	}
	capabilities, err := t.imapCapabilities()
	if err != nil {
		return err
	}
	if !slices.Contains(capabilities, "STARTTLS") {
		return t.notOffered("STARTTLS is not announced")
	}
	_, status, err := t.tagged("a2", "STARTTLS")
	return t.settled(status, err)
}

// imapGreeting reads the first line of the server.
func (t *talk) imapGreeting() (string, error) {
	greeting, err := t.line()
	if err != nil {
		return "", err
	}
	switch status := secondWord(greeting); {
	case strings.HasPrefix(greeting, "* ") && (status == "OK" || status == "PREAUTH"):
		return greeting, nil
	case strings.HasPrefix(greeting, "* ") && status == "BYE":
		return "", passing(greeting)
	}
	return "", t.otherTalk(greeting)
}

// imapCapabilities asks what the server can do, in capital letters.
func (t *talk) imapCapabilities() ([]string, error) {
	lines, status, err := t.tagged("a1", "CAPABILITY")
	if err != nil {
		return nil, err
	}
	if secondWord(status) != "OK" {
		return nil, passing(status)
	}
	var capabilities []string
	for _, line := range lines {
		words := strings.Fields(strings.ToUpper(line))
		if len(words) > 1 && words[1] == "CAPABILITY" {
			capabilities = append(capabilities, words[2:]...)
		}
	}
	return capabilities, nil
}

// tagged sends a command and reads until the line that carries its tag.
func (t *talk) tagged(tag, command string) (lines []string, status string, err error) {
	if err := t.say(tag + " " + command + "\r\n"); err != nil {
		return nil, "", err
	}
	for range maxLines {
		line, err := t.line()
		if err != nil {
			return nil, "", err
		}
		if strings.HasPrefix(line, tag+" ") {
			return lines, line, nil
		}
		if !strings.HasPrefix(line, "* ") {
			return nil, "", t.otherTalk(line)
		}
		lines = append(lines, line)
	}
	return nil, "", errTooMuch
}

// settled reads the status line of STARTTLS.
func (t *talk) settled(status string, err error) error {
	if err != nil {
		return err
	}
	switch secondWord(status) {
	case "OK":
		return nil
	case "NO", "BAD":
		return t.notOffered(status)
	}
	return errBroken
}

func secondWord(line string) string {
	words := strings.Fields(line)
	if len(words) < 2 {
		return ""
	}
	return strings.ToUpper(words[1])
}

// errNoList is the end of a server that does not tell what it can do.
var errNoList = errors.New("the server does not list what it can do")

// pop3 obeys RFC 2595 section 4. A server without CAPA (RFC 2449) may still know
// STLS, which is then asked all the same.
func pop3(t *talk, _ string) error {
	if _, err := t.pop3Greeting(); err != nil {
		return err
	}
	capabilities, known, err := t.pop3Capabilities()
	if err != nil {
		return err
	}
	if known && !slices.ContainsFunc(capabilities, isSTLS) {
		return t.notOffered("STLS is not announced")
	}
	return t.popStatus(t.ask("STLS"))
}

func isSTLS(capability string) bool { return strings.EqualFold(strings.TrimSpace(capability), "STLS") }

// pop3Greeting reads the first line of the server.
func (t *talk) pop3Greeting() (string, error) {
	greeting, err := t.line()
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(greeting, "-ERR"):
		return "", passing(greeting)
	case !strings.HasPrefix(greeting, "+OK"):
		return "", t.otherTalk(greeting)
	}
	return greeting, nil
}

// pop3Capabilities asks for the list of RFC 2449, which may not exist.
func (t *talk) pop3Capabilities() (lines []string, known bool, err error) {
	first, err := t.ask("CAPA")
	if err != nil || strings.HasPrefix(first, "-ERR") {
		return nil, false, err
	}
	if !strings.HasPrefix(first, "+OK") {
		return nil, false, t.otherTalk(first)
	}
	for len(lines) < maxLines {
		line, err := t.line()
		if err != nil {
			return nil, false, err
		}
		if line == "." {
			return lines, true, nil
		}
		lines = append(lines, line)
	}
	return nil, false, errTooMuch
}

func (t *talk) popStatus(status string, err error) error {
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(status, "+OK"):
		return nil
	case strings.HasPrefix(status, "-ERR"):
		return t.notOffered(status)
	}
	return errBroken
}

// sieve obeys RFC 5804 sections 1.7 and 2.2.
func sieve(t *talk, _ string) error {
	offered := false
	for n := 0; ; n++ {
		line, err := t.line()
		if err != nil {
			return err
		}
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case n > maxLines:
			return errTooMuch
		case word == "OK" && !offered:
			return t.notOffered("STARTTLS is not announced")
		case word == "OK":
			return t.sieveStatus(t.ask("STARTTLS"))
		case word == "BYE" || word == "NO":
			return passing(line)
		case !strings.HasPrefix(line, `"`):
			return t.otherTalk(line)
		}
		offered = offered || word == `"STARTTLS"`
	}
}

func (t *talk) sieveStatus(status string, err error) error {
	return t.settled("- "+status, err)
}
