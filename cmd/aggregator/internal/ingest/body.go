// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"carescan/cmd/internal/wire"
)

// receive reads the body of a bundle, after having charged its announced
// length; release gives the charge back.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) (raw []byte, release func(), err error) {
	if err := checkMedia(r); err != nil {
		return nil, nil, err
	}
	switch {
	case r.ContentLength < 0:
		return nil, nil, refuse(http.StatusLengthRequired, "Content-Length is needed", errors.New("no length"))
	case r.ContentLength > wire.MaxBundle:
		return nil, nil, tooLarge(fmt.Errorf("a bundle has at most %d bytes", wire.MaxBundle))
	case !s.inFlight.take(r.ContentLength):
		return nil, nil, shed(http.StatusServiceUnavailable, "too many bundles at once")
	}
	release = func() { s.inFlight.give(r.ContentLength) }
	raw, err = readBody(w, r)
	if err != nil {
		release()
		return nil, nil, err
	}
	return raw, release, nil
}

func checkMedia(r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != wire.MediaBundle {
		return refuse(http.StatusUnsupportedMediaType, wire.MediaBundle+" is expected", err)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return refuse(http.StatusUnsupportedMediaType, "a bundle is sent as it was sealed, without further coding", errors.New(coding))
	}
	return nil
}

// readBody reads all that was announced, within the time that its size gives. A
// body that does not come whole is the line's fault, not the bundle's: it may come
// another time.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	p := &paced{body: r.Body, control: http.NewResponseController(w), started: time.Now()}
	if err := p.control.SetWriteDeadline(p.started.Add(wire.UploadTime(r.ContentLength) + openingWait)); err != nil {
		return nil, fmt.Errorf("give the upload its time: %w", err)
	}
	raw := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(p, raw); err != nil {
		return nil, refuse(http.StatusRequestTimeout, "the bundle did not come whole", fmt.Errorf("read body: %w", err))
	}
	return raw, checkDigest(r.Header.Values("Content-Digest"), raw)
}

// paced is a body that is waited for as long as it keeps the pace: what has come of it
// gives the rest no more time than the slowest line would need.
type paced struct {
	body    io.Reader
	control *http.ResponseController
	started time.Time
	got     int64
}

// Read implements io.Reader.
func (p *paced) Read(into []byte) (int, error) {
	if err := p.control.SetReadDeadline(p.started.Add(wire.UploadTime(p.got))); err != nil {
		return 0, err
	}
	n, err := p.body.Read(into)
	p.got += int64(n)
	return n, err
}

// checkDigest compares a body with its Content-Digest (RFC 9530 section 2), of
// which SHA-256 is the one we read. Absent is accepted: the seal covers all.
func checkDigest(header []string, body []byte) error {
	for field := range strings.SplitSeq(strings.Join(header, ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if name != "sha-256" {
			continue
		}
		want, err := parseByteSequence(value)
		sum := sha256.Sum256(body)
		if err != nil || subtle.ConstantTimeCompare(want, sum[:]) != 1 {
			return passing(wire.ProblemDamaged, malformed(errors.New("the body does not match its Content-Digest")))
		}
	}
	return nil
}

// parseByteSequence reads :base64: (RFC 8941 section 3.3.5), parameters ignored.
func parseByteSequence(value string) ([]byte, error) {
	value, _, _ = strings.Cut(value, ";")
	value = strings.TrimSpace(value)
	if len(value) < 2 || value[0] != ':' || value[len(value)-1] != ':' {
		return nil, errors.New("a byte sequence stands between colons")
	}
	return base64.StdEncoding.DecodeString(value[1 : len(value)-1])
}
