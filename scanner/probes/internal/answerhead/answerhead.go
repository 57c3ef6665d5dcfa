// SPDX-License-Identifier: Apache-2.0

// Package answerhead reads the head of an HTTP answer as browsers do: one bad
// line is passed over and noted, and the rest counts. The standard library
// refuses the whole answer, which a visitor sees all the same.
//
// The tolerance is that of the network code of Chromium (HttpUtil,
// HttpResponseHeaders, HttpStreamParser), where RFC 9112 leaves recovery open.
package answerhead

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"

	"carescan/scanner/fact"
)

// maxSlop is how many bytes of empty lines may come before the status.
const maxSlop = 4

// head is what is kept of a head, in the form the standard library reads.
type head struct {
	text bytes.Buffer
	// field is the one being read, which the next line may continue (RFC 9112
	// section 5.2); empty when it is dropped.
	field    bytes.Buffer
	lengths  []string // the different values of Content-Length
	oddities []fact.Oddity
}

// Read reads the head of the next answer, and says what was odd in it. The body
// is left in the reader.
func Read(reader *bufio.Reader, request *http.Request) (*http.Response, []fact.Oddity, error) {
	var h head
	if err := h.skipSlop(reader); err != nil {
		return nil, nil, err
	}
	line, err := reader.ReadString('\n')
	if err != nil {
		return nil, nil, early(err)
	}
	h.status(chomp(line))
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return nil, nil, early(err)
		}
		if line = chomp(line); line == "" {
			break
		}
		h.line(line)
	}
	h.flush()
	h.text.WriteString("\r\n")
	// The library takes the head from the first reader and nothing of the second
	// before its body is read: a head ends with its empty line.
	response, err := http.ReadResponse(bufio.NewReader(io.MultiReader(&h.text, reader)), request)
	return response, h.oddities, err
}

// Begins waits for the first bytes of an answer, and tells whether they can be
// those of HTTP. What does not begin at all is an error.
func Begins(reader *bufio.Reader) (bool, error) {
	const protocol = "HTTP/"
	slop := 0
	for ; slop < maxSlop; slop++ {
		start, err := reader.Peek(slop + 1)
		if err != nil {
			return false, err
		}
		if start[slop] != '\r' && start[slop] != '\n' {
			break
		}
	}
	start, err := reader.Peek(slop + len(protocol))
	if !strings.HasPrefix(protocol, strings.ToUpper(string(start[slop:]))) {
		return false, nil
	}
	return err == nil, err
}

// early tells a head that stops from a connection that brought nothing more.
func early(err error) error {
	if err == io.EOF { //nolint:errorlint // a reader gives it bare
		return io.ErrUnexpectedEOF
	}
	return err
}

func chomp(line string) string { return strings.TrimRight(line, "\r\n") }

func (h *head) note(o fact.Oddity) {
	if !slices.Contains(h.oddities, o) {
		h.oddities = append(h.oddities, o)
	}
}

// skipSlop passes over the empty lines that some programs print before the
// status.
func (h *head) skipSlop(reader *bufio.Reader) error {
	for range maxSlop {
		start, err := reader.Peek(1)
		if err != nil {
			return err
		}
		if start[0] != '\r' && start[0] != '\n' {
			return nil
		}
		h.note(fact.OddEmptyLine)
		if _, err := reader.Discard(1); err != nil {
			return err
		}
	}
	return nil
}

// status keeps of a status line what counts: the version when it is one, three
// digits, and the words. A line whose status is no number is left as it is, and
// refused.
func (h *head) status(line string) {
	version, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimLeft(rest, " ")
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	major, minor, known := http.ParseHTTPVersion(strings.ToUpper(version))
	switch {
	case digits != 3:
	case !known || major != 1:
		h.note(fact.OddStatusLine)
		version = "HTTP/1.0"
	case version != strings.ToUpper(version) || minor > 1:
		h.note(fact.OddStatusLine)
		version = "HTTP/1.1"
	}
	if words := rest[digits:]; digits == 3 && words != "" && words[0] != ' ' {
		h.note(fact.OddStatusLine)
		rest = rest[:digits] + " " + words
	}
	h.text.WriteString(version + " " + rest + "\r\n")
}

// line takes one line of a head, or the continuation of the one before.
func (h *head) line(line string) {
	if line[0] == ' ' || line[0] == '\t' {
		if h.field.Len() > 0 {
			h.field.WriteString(" " + strings.Trim(line, " \t"))
		}
		h.note(fact.OddFolding)
		return
	}
	h.flush()
	name, value, found := strings.Cut(line, ":")
	spaced := strings.TrimRight(name, " \t")
	if spaced != name {
		h.note(fact.OddSpace)
	}
	if !found || !isToken(spaced) {
		h.note(fact.OddLine)
		return
	}
	h.field.WriteString(spaced + ": " + strings.Trim(value, " \t"))
}

// flush keeps the field that was read.
func (h *head) flush() {
	if h.field.Len() == 0 {
		return
	}
	name, value, _ := strings.Cut(h.field.String(), ": ")
	h.field.Reset()
	switch clean := printable(value); {
	case clean == value:
	case strings.EqualFold(name, "Set-Cookie"):
		h.note(fact.OddControl)
		return // RFC 6265bis section 5.6 step 1
	default:
		h.note(fact.OddControl)
		value = clean
	}
	if value, ok := h.framing(strings.ToLower(name), value); ok {
		h.text.WriteString(name + ": " + value + "\r\n")
	}
}

// framing leaves out of a head what says of its body nothing that can be obeyed:
// the body then ends with the connection (RFC 9112 section 6.3).
func (h *head) framing(name, value string) (kept string, ok bool) {
	switch name {
	case "transfer-encoding":
		if strings.EqualFold(value, "chunked") {
			return value, true
		}
		h.note(fact.OddFraming)
		return "chunked", strings.Contains(strings.ToLower(value), "chunked")
	case "content-length":
		// A list of equal values is one of them (section 6.3, point 5).
		first, _, _ := strings.Cut(value, ",")
		first = strings.TrimSpace(first)
		same := !slices.ContainsFunc(strings.Split(value, ","), func(v string) bool { return strings.TrimSpace(v) != first })
		if first == "" || strings.Trim(first, "0123456789") != "" || !same {
			h.note(fact.OddFraming)
			return "", false
		}
		if len(h.lengths) > 0 {
			h.note(fact.OddFraming)
		}
		known := slices.Contains(h.lengths, first)
		h.lengths = append(h.lengths, first)
		return first, !known
	}
	return value, true
}

// printable replaces the characters that no value may hold (RFC 9110 section
// 5.5), and keeps those outside ASCII, which it may.
func printable(value string) string {
	if strings.IndexFunc(value, isControl) < 0 {
		return value
	}
	clean := []byte(value)
	for i, b := range clean {
		if isControl(rune(b)) {
			clean[i] = '?'
		}
	}
	return string(clean)
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// isToken tells whether a word may name a field (RFC 9110 section 5.6.2).
func isToken(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
