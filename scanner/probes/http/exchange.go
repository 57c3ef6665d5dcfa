// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"carescan/scanner"
	"carescan/scanner/bounded"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/answerhead"
)

// The exchange is written here, over a reader of answers as browsers read them,
// and not left to its transport: a transport dials in the background after its
// request has ended, and cannot tell a server that speaks first and something
// else, as mail and remote access do, from a failure.

// maxInterim is how many 1xx answers may come before the answer.
const maxInterim = 5

var (
	errNotHTTP = scanner.NotSeen(scanner.CauseNotHTTP, nil, errors.New("what answers does not speak HTTP"))
	errHead    = scanner.NotSeen(scanner.CauseTooLarge, nil, fmt.Errorf("the head of the answer is longer than %d bytes", maxHead))
	errInterim = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the server announces an answer and never gives it"))
)

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// newRequest asks as a client that says who it is, and wants no compression: what
// is read is then what is sent.
func (v *visitor) newRequest(u *url.URL, e errand) *http.Request {
	request := &http.Request{
		Method: http.MethodGet, URL: u, Host: u.Host,
		Header: http.Header{"User-Agent": {v.net.UserAgent()}, "Accept": {"*/*"}, "Accept-Encoding": {"identity"}},
	}
	if e.foreign != "" {
		request.Header.Set("Origin", e.foreign)
	}
	return request
}

// ask sends a request and reads the head of its answer. The body is left in the
// connection, which is closed with all that was not wanted of it.
func ask(conn io.ReadWriter, request *http.Request) (*http.Response, []fact.Oddity, error) {
	if err := request.Write(conn); err != nil {
		return nil, nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxHead}
	reader := bufio.NewReader(limited)
	switch begins, err := answerhead.Begins(reader); {
	case err != nil:
		return nil, nil, err
	case !begins:
		return nil, nil, errNotHTTP
	}
	response, oddities, err := readHead(reader, request)
	if err != nil && limited.N <= 0 {
		return nil, nil, errHead
	}
	limited.N = 2 * maxPage // the body and its framing
	return response, oddities, err
}

// readHead passes over interim answers (RFC 9110 section 15.2).
func readHead(reader *bufio.Reader, request *http.Request) (*http.Response, []fact.Oddity, error) {
	for range 1 + maxInterim {
		response, oddities, err := answerhead.Read(reader, request)
		if err != nil {
			return nil, nil, unreadable(err)
		}
		if response.StatusCode >= http.StatusOK {
			return response, oddities, nil
		}
	}
	return nil, nil, errInterim
}

// maxRest is how much of a body that nobody wanted is read, to use its connection again.
const maxRest = 64 << 10

// isOver tells whether an answer is read to its end, and its connection good for another
// request (RFC 9112 section 9.3).
func isOver(response *http.Response) bool {
	if response.Close || response.ContentLength > maxRest {
		return false
	}
	_, whole, err := bounded.Read(response.Body, maxRest)
	return err == nil && whole
}

// unreadable tells a head that is no HTTP from a connection that failed: the
// library has no error of its own for the first.
func unreadable(err error) error {
	if scanner.CauseOf(err).Code != scanner.CauseUnknown {
		return err
	}
	return scanner.NotSeen(scanner.CauseBadAnswer, nil, err)
}
