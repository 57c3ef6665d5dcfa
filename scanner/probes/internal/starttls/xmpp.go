// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
)

const (
	streams    = "http://etherx.jabber.org/streams"
	xmppTLS    = "urn:ietf:params:xml:ns:xmpp-tls"
	maxElement = 1000 // tokens read of one stream
)

func xmppClient(t *talk, name string) error { return xmpp(t, name, "jabber:client") }
func xmppServer(t *talk, name string) error { return xmpp(t, name, "jabber:server") }

// xmpp obeys RFC 6120 section 5.4.
func xmpp(t *talk, name, namespace string) error {
	var to bytes.Buffer
	if err := xml.EscapeText(&to, []byte(name)); err != nil {
		return fmt.Errorf("write the name: %w", err)
	}
	header := fmt.Sprintf("<?xml version='1.0'?><stream:stream to='%s' xmlns='%s' xmlns:stream='%s' version='1.0'>", to.String(), namespace, streams)
	if err := t.say(header); err != nil {
		return err
	}
	s := stanzas{talk: t, decoder: xml.NewDecoder(t)}
	offered, err := s.features()
	if err != nil {
		return err
	}
	if !offered {
		return t.notOffered("starttls is not among the features")
	}
	if err := t.say("<starttls xmlns='" + xmppTLS + "'/>"); err != nil {
		return err
	}
	return s.agreed()
}

// stanzas reads a stream element by element. The decoder has no buffer, since a
// talk gives single bytes.
type stanzas struct {
	talk    *talk
	decoder *xml.Decoder
	begun   bool
	read    int
}

// next gives the next beginning or end of an element.
func (s *stanzas) next() (xml.Token, error) {
	for s.read < maxElement {
		s.read++
		token, err := s.decoder.Token()
		if _, broken := errors.AsType[*xml.SyntaxError](err); broken && !s.begun {
			return nil, s.talk.otherTalk("no XML stream")
		}
		if err != nil {
			return nil, fmt.Errorf("read the stream: %w", err)
		}
		switch token.(type) {
		case xml.StartElement, xml.EndElement:
			return token, nil
		case xml.CharData:
			if !s.begun && len(bytes.TrimSpace(token.(xml.CharData))) > 0 {
				return nil, s.talk.otherTalk(string(token.(xml.CharData)))
			}
		}
	}
	return nil, errTooMuch
}

// features reads until the end of the features, and looks for starttls in them.
func (s *stanzas) features() (startTLS bool, err error) {
	if err := s.open(); err != nil {
		return false, err
	}
	for {
		token, err := s.next()
		if err != nil {
			return false, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name == (xml.Name{Space: streams, Local: "error"}) {
				return false, passing("a stream error")
			}
			startTLS = startTLS || e.Name == xml.Name{Space: xmppTLS, Local: "starttls"}
		case xml.EndElement:
			if e.Name == (xml.Name{Space: streams, Local: "features"}) {
				return startTLS, nil
			}
		}
	}
}

// open reads the header of the stream.
func (s *stanzas) open() error {
	token, err := s.next()
	if err != nil {
		return err
	}
	start, ok := token.(xml.StartElement)
	if !ok || start.Name != (xml.Name{Space: streams, Local: "stream"}) {
		return s.talk.otherTalk("no XMPP stream")
	}
	s.begun = true
	return nil
}

// agreed reads the answer to starttls.
func (s *stanzas) agreed() error {
	token, err := s.next()
	if err != nil {
		return err
	}
	start, ok := token.(xml.StartElement)
	switch {
	case ok && start.Name == xml.Name{Space: xmppTLS, Local: "proceed"}:
		return s.finish()
	case ok && start.Name == xml.Name{Space: xmppTLS, Local: "failure"}:
		return s.talk.notOffered("starttls was refused")
	}
	return errBroken
}

// finish reads the end of proceed: written apart, it does not belong to TLS.
func (s *stanzas) finish() error {
	token, err := s.next()
	if err != nil {
		return err
	}
	if _, ended := token.(xml.EndElement); !ended {
		return errBroken
	}
	return nil
}
