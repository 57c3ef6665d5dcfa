// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"carescan/scanner/probes/internal/ber"
)

// The bounds of what a directory may say.
const (
	maxBytes      = 256 << 20 // in one look
	maxMessage    = 8 << 20   // 80 000 members of a group, with names of a hundred letters
	maxValues     = 200_000   // of one object
	maxAttributes = 200       // of one object; seven are asked for at most
	maxCookie     = 64 << 10
)

// The tags of operations (RFC 4511 appendix B).
const (
	tagBindRequest    = 0x60
	tagBindResponse   = 0x61
	tagSearchRequest  = 0x63
	tagSearchEntry    = 0x64
	tagSearchDone     = 0x65
	tagSearchReferral = 0x73
	tagIntermediate   = 0x79
	tagContext0       = 0xa0 // the controls of a message
	tagSimple         = 0x80 // the password of a bind
	tagPresent        = 0x87 // filters
	tagEqual          = 0xa3
	tagOr             = 0xa1
)

var (
	errNotLDAP  = errors.New("what was answered is not LDAP")
	errTooLarge = errors.New("an answer is larger than is read")
)

// client speaks the little of LDAP that a look needs (RFC 4511), one question at a
// time. A library that reads any message takes several hundred bytes for an element
// of two, and again at each level, on the word of a server that did not even sign us
// in. Here a message is refused by the length it declares, and nothing of it is kept
// but what the caller keeps.
type client struct {
	conn    net.Conn
	left    *io.LimitedReader
	from    *bufio.Reader
	message bytes.Buffer // the last one received
	asked   int          // questions, of which the last one is being answered
}

func newClient(conn net.Conn) *client {
	left := &io.LimitedReader{R: conn, N: maxBytes}
	return &client{conn: conn, left: left, from: bufio.NewReader(left)}
}

// bind signs in with a password (section 4.2).
func (c *client) bind(name, password string) error {
	request := ber.Encode(tagBindRequest, ber.EncodeNumber(ber.Integer, 3), ber.Encode(ber.Octets, name), ber.Encode(tagSimple, password))
	if err := c.ask(request); err != nil {
		return err
	}
	answer, _, err := c.next()
	if err != nil {
		return err
	}
	if answer.Tag != tagBindResponse {
		return errNotLDAP
	}
	return resultOf(answer.Body)
}

// The scopes of a search (section 4.5.1.2).
const (
	scopeObject = 0
	scopeTree   = 2
)

// search is one question (section 4.5.1).
type search struct {
	base       string
	scope      int
	most       int // entries; 0: no limit
	filter     []byte
	attributes []string
	page       int    // entries of a page (RFC 2696); 0: no pages
	cookie     []byte // where the page begins
}

// search hands over each object as it comes, and returns where the next page begins.
// Search references lead to other servers and are ignored.
func (c *client) search(s search, each func(object) error) (cookie []byte, err error) {
	if err := c.ask(s.encode(), s.controls()...); err != nil {
		return nil, err
	}
	for {
		answer, controls, err := c.next()
		if err != nil {
			return nil, err
		}
		switch answer.Tag {
		case tagSearchEntry:
			o, err := readObject(answer.Body)
			if err != nil {
				return nil, err
			}
			if err := each(o); err != nil {
				return nil, err
			}
		case tagSearchReferral, tagIntermediate:
		case tagSearchDone:
			if err := resultOf(answer.Body); err != nil {
				return nil, err
			}
			return cookieOf(controls)
		default:
			return nil, errNotLDAP
		}
	}
}

func (s search) encode() []byte {
	attributes := make([][]byte, 0, len(s.attributes))
	for _, a := range s.attributes {
		attributes = append(attributes, ber.Encode(ber.Octets, a))
	}
	return ber.Encode(tagSearchRequest,
		ber.Encode(ber.Octets, s.base),
		ber.EncodeNumber(ber.Enumerated, s.scope),
		ber.EncodeNumber(ber.Enumerated, 0), // aliases are not followed
		ber.EncodeNumber(ber.Integer, s.most),
		ber.EncodeNumber(ber.Integer, int(searchTime.Seconds())),
		ber.Encode(ber.Boolean, "\x00"), // values too, not the types alone
		s.filter,
		ber.Encode(ber.Sequence, attributes...))
}

// pagedResults names the control of RFC 2696.
const pagedResults = "1.2.840.113556.1.4.319"

func (s search) controls() [][]byte {
	if s.page == 0 {
		return nil
	}
	value := ber.Encode(ber.Sequence, ber.EncodeNumber(ber.Integer, s.page), ber.Encode(ber.Octets, s.cookie))
	return [][]byte{ber.Encode(ber.Sequence, ber.Encode(ber.Octets, pagedResults), ber.Encode(ber.Octets, value))}
}

// present matches every object (section 4.5.1.7.5).
func present(attribute string) []byte { return ber.Encode(tagPresent, attribute) }

func equal(attribute, value string) []byte {
	return ber.Encode(tagEqual, ber.Encode(ber.Octets, attribute), ber.Encode(ber.Octets, value))
}

func either(filters ...[]byte) []byte { return ber.Encode(tagOr, filters...) }

// ask sends a question, and gives its whole answer so long to come: a server that
// drips gains nothing by it. The directory knows its own limit first; we wait a
// little longer.
func (c *client) ask(operation []byte, controls ...[]byte) error {
	c.asked++
	parts := [][]byte{ber.EncodeNumber(ber.Integer, c.asked), operation}
	if len(controls) > 0 {
		parts = append(parts, ber.Encode(tagContext0, controls...))
	}
	if err := c.conn.SetDeadline(time.Now().Add(searchTime + 5*time.Second)); err != nil {
		return fmt.Errorf("give a time to answer: %w", err)
	}
	if _, err := c.conn.Write(ber.Encode(ber.Sequence, parts...)); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	return nil
}

// next reads the next message to the question (section 4.1.1). What no question
// asked for bears the number 0 and is passed over: after a notice of disconnection,
// the connection ends by itself (section 4.4).
func (c *client) next() (operation ber.Element, controls []byte, err error) {
	for {
		message, err := ber.Read(c.from, &c.message, maxMessage)
		switch {
		case errors.Is(err, ber.ErrTooLarge), err != nil && c.left.N <= 0:
			return ber.Element{}, nil, errTooLarge
		case errors.Is(err, ber.ErrMalformed):
			return ber.Element{}, nil, errNotLDAP
		case err != nil:
			return ber.Element{}, nil, err //nolint:wrapcheck // it says what was being read
		}
		id, rest, numbered := ber.Next(message.Body)
		operation, controls, ok := ber.Next(rest)
		number, positive := id.Number()
		switch {
		case message.Tag != ber.Sequence, !numbered, !ok, id.Tag != ber.Integer, !positive:
			return ber.Element{}, nil, errNotLDAP
		case number == c.asked:
			return operation, controls, nil
		case number != 0:
			return ber.Element{}, nil, errNotLDAP
		}
	}
}

// result is why a directory refuses, as a code of RFC 4511 appendix A. The text that
// comes with it is never read: it names accounts.
type result int

func (r result) Error() string { return fmt.Sprintf("result code %d", int(r)) }

func resultOf(body []byte) error {
	code, _, ok := ber.Next(body)
	number, positive := code.Number()
	switch {
	case !ok || code.Tag != ber.Enumerated || !positive:
		return errNotLDAP
	case number != int(resultSuccess):
		return result(number)
	}
	return nil
}

// cookieOf finds where the next page begins; empty when there is none.
func cookieOf(controls []byte) ([]byte, error) {
	if len(controls) == 0 {
		return nil, nil
	}
	list, _, ok := ber.Next(controls)
	if !ok || list.Tag != tagContext0 {
		return nil, errNotLDAP
	}
	for rest := list.Body; len(rest) > 0; {
		var control ber.Element
		if control, rest, ok = ber.Next(rest); !ok {
			return nil, errNotLDAP
		}
		name, value, ok := ber.Next(control.Body)
		if !ok {
			return nil, errNotLDAP
		}
		if string(name.Body) == pagedResults {
			return cookieIn(value)
		}
	}
	return nil, nil
}

// cookieIn reads the value of the control, which says whether it is critical or not.
func cookieIn(raw []byte) ([]byte, error) {
	value, rest, _ := ber.Next(raw)
	if value.Tag == ber.Boolean {
		value, _, _ = ber.Next(rest)
	}
	pair, _, _ := ber.Next(value.Body)
	_, rest, _ = ber.Next(pair.Body) // an estimate of the whole
	cookie, _, ok := ber.Next(rest)
	switch {
	case !ok || cookie.Tag != ber.Octets:
		return nil, errNotLDAP
	case len(cookie.Body) > maxCookie:
		return nil, errTooLarge
	}
	return bytes.Clone(cookie.Body), nil
}

// object is one entry of a directory, with what was asked of it.
type object struct {
	dn         string
	attributes []attribute
}

type attribute struct {
	name   string
	values []string
}

// readObject reads an entry (section 4.5.2). Values are bytes: an objectSid is no text.
func readObject(body []byte) (object, error) {
	dn, rest, ok := ber.Next(body)
	list, _, listed := ber.Next(rest)
	if !ok || !listed || dn.Tag != ber.Octets || list.Tag != ber.Sequence {
		return object{}, errNotLDAP
	}
	o := object{dn: string(dn.Body)}
	values := 0
	for rest := list.Body; len(rest) > 0; {
		var one ber.Element
		if one, rest, ok = ber.Next(rest); !ok {
			return object{}, errNotLDAP
		}
		name, after, named := ber.Next(one.Body)
		set, _, held := ber.Next(after)
		if !named || !held || set.Tag != ber.Set {
			return object{}, errNotLDAP
		}
		a := attribute{name: string(name.Body)}
		for left := set.Body; len(left) > 0; values++ {
			var value ber.Element
			if value, left, ok = ber.Next(left); !ok {
				return object{}, errNotLDAP
			}
			if values == maxValues {
				return object{}, errTooLarge
			}
			a.values = append(a.values, string(value.Body))
		}
		if o.attributes = append(o.attributes, a); len(o.attributes) > maxAttributes {
			return object{}, errTooLarge
		}
	}
	return o, nil
}

// values are those of an attribute, whose name is written in any case.
func (o object) values(name string) []string {
	for _, a := range o.attributes {
		if strings.EqualFold(a.name, name) {
			return a.values
		}
	}
	return nil
}

// value is the first value of an attribute; empty when there is none.
func (o object) value(name string) string {
	if values := o.values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}
