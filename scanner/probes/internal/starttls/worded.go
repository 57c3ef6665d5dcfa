// SPDX-License-Identifier: Apache-2.0

package starttls

import "strings"

// imap obeys RFC 9051 section 6.2.1.
func imap(t *talk, _ string) error {
	greeting, err := t.line()
	if err != nil {
		return err
	}
	switch status := secondWord(greeting); {
	case !strings.HasPrefix(greeting, "* "), status != "OK" && status != "BYE" && status != "PREAUTH":
		return t.otherTalk(greeting)
	case status == "BYE":
		return passing(greeting)
	case status == "PREAUTH": // too late for STARTTLS
		return t.notOffered(greeting)
	}
	offered, err := t.imapCapable()
	if err != nil {
		return err
	}
	if !offered {
		return t.notOffered("STARTTLS is not announced")
	}
	_, status, err := t.tagged("a2", "STARTTLS")
	return t.settled(status, err)
}

// imapCapable asks what the server can do.
func (t *talk) imapCapable() (startTLS bool, err error) {
	lines, status, err := t.tagged("a1", "CAPABILITY")
	if err != nil {
		return false, err
	}
	if secondWord(status) != "OK" {
		return false, passing(status)
	}
	for _, line := range lines {
		words := strings.Fields(strings.ToUpper(line))
		if len(words) > 1 && words[1] == "CAPABILITY" {
			startTLS = startTLS || hasWord(words, "STARTTLS")
		}
	}
	return startTLS, nil
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

func hasWord(words []string, word string) bool {
	for _, w := range words {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// pop3 obeys RFC 2595 section 4. A server without CAPA (RFC 2449) may still know
// STLS, so STLS itself is asked whatever CAPA says not to exist.
func pop3(t *talk, _ string) error {
	greeting, err := t.line()
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(greeting, "-ERR"):
		return passing(greeting)
	case !strings.HasPrefix(greeting, "+OK"):
		return t.otherTalk(greeting)
	}
	if offered, err := t.pop3Capable(); err != nil || !offered {
		return err
	}
	return t.popStatus(t.ask("STLS"))
}

// pop3Capable tells whether STLS is worth asking.
func (t *talk) pop3Capable() (bool, error) {
	first, err := t.ask("CAPA")
	if err != nil || strings.HasPrefix(first, "-ERR") {
		return err == nil, err
	}
	if !strings.HasPrefix(first, "+OK") {
		return false, t.otherTalk(first)
	}
	offered := false
	for range maxLines {
		line, err := t.line()
		if err != nil {
			return false, err
		}
		if line == "." && !offered {
			return false, t.notOffered("STLS is not announced")
		}
		if line == "." {
			return true, nil
		}
		offered = offered || strings.EqualFold(strings.TrimSpace(line), "STLS")
	}
	return false, errTooMuch
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
