// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bufio"
	"errors"
	"net/textproto"
	"strconv"
	"strings"
	"sync"

	"github.com/logrusorgru/aurora/v4"
	"github.com/projectdiscovery/nuclei/v3/pkg/output"
	"github.com/projectdiscovery/nuclei/v3/pkg/protocols/http"
)

// counter is the output of the engine: it counts the requests of the template
// at work that were answered, and keeps why the last other one was not. What
// the engine would print or store is dropped.
type counter struct {
	colours  *aurora.Aurora
	mu       sync.Mutex
	answered int
	failure  error
	limit    int // bytes of an answer that are read
}

func newCounter() *counter { return &counter{colours: aurora.New(aurora.WithColors(false))} }

// reset begins a template, some of whose requests may read less than others.
func (c *counter) reset(requests []*http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered, c.failure, c.limit = 0, nil, maxResponse
	for _, r := range requests {
		if r.MaxSize > 0 {
			c.limit = min(c.limit, r.MaxSize)
		}
	}
}

func (c *counter) outcome() (answered int, failure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered, c.failure
}

// Request hears of the end of every request.
func (c *counter) Request(_, _, _ string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failure = err
		return
	}
	c.answered++
}

// RequestStatsLog hears of every answer. The engine takes a body that was cut
// short for a whole one; where its length was announced, we do not.
func (c *counter) RequestStatsLog(_, response string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case isPushBack(response):
		c.failure = errPushBack
	case isCut(response, c.limit):
		c.failure = errCut
	}
}

var (
	errCut      = errors.New("an answer was cut short")
	errPushBack = errors.New("the site asks for fewer requests")
)

// isPushBack recognises a site that has enough of us (RFC 6585 section 4, RFC
// 9110 section 15.6.4): such an answer says nothing of the page.
func isPushBack(response string) bool {
	_, rest, _ := strings.Cut(response, " ")
	return strings.HasPrefix(response, "HTTP/") && (strings.HasPrefix(rest, "429") || strings.HasPrefix(rest, "503"))
}

// isCut compares the announced length with the body (RFC 9112 section 6.3). An
// empty body may answer HEAD, and an encoded one was decoded since.
func isCut(response string, limit int) bool {
	reader := textproto.NewReader(bufio.NewReader(strings.NewReader(response)))
	if _, err := reader.ReadLine(); err != nil {
		return false
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil || header.Get("Content-Encoding") != "" {
		return false
	}
	announced, err := strconv.Atoi(header.Get("Content-Length"))
	_, body, _ := strings.Cut(response, "\r\n\r\n")
	return err == nil && body != "" && len(body) < min(announced, limit)
}

func (c *counter) Close()                                             {}
func (c *counter) Colorizer() *aurora.Aurora                          { return c.colours }
func (c *counter) Write(*output.ResultEvent) error                    { return nil }
func (c *counter) WriteFailure(*output.InternalWrappedEvent) error    { return nil }
func (c *counter) WriteStoreDebugData(string, string, string, string) {}
func (c *counter) ResultCount() int                                   { return 0 }
